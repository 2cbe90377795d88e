import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from cpcl_mm.synthetic import SyntheticSettings
from cpcl_mm.synthetic.attributes import COLORS
from cpcl_mm.synthetic.captions import NOUNS, PEOPLE, Dice
from cpcl_mm.synthetic.ceiling import (
    PerfectReader,
    ceiling,
    distribution,
    likelihoods_of_people,
    read_caption,
)

SETTINGS = SyntheticSettings(train_identities=1, val_identities=1, test_identities=25)


def test_distribution_adds_up_what_leads_to_the_same_outcome() -> None:
    def outcome(dice: Dice) -> str:
        return dice.choose(('a', 'b', 'b')) if dice.happens(0.3) else 'b'

    assert distribution(outcome) == pytest.approx({'a': 0.1, 'b': 0.9})


def test_caption_is_read_by_its_longest_phrases() -> None:
    phrases = {
        'a red top': 'upper',
        'red top': 'upper',
        'blue jeans': 'lower',
        'brown hair': 'hair',
    }
    said = read_caption('The lady wears a red top and blue jeans. She has brown hair.', phrases)
    assert said['gender'] == ('lady', 'she')
    assert (said['upper'], said['lower'], said['hair']) == ('a red top', 'blue jeans', 'brown hair')
    assert said['told'] == ('upper', 'lower')
    assert said['bag'] == ''
    assert said['shoes'] is None


def test_likelihoods_are_the_shares_of_what_is_said() -> None:
    sizes = dict.fromkeys(('train_identities', 'val_identities', 'test_identities'), 1)
    settings = SyntheticSettings(
        **sizes, images_per_identity=1, captions_per_image=5000, omission=1.0, wrong_color=0.3
    )
    reader = PerfectReader(settings, 'test')
    telling = set(COLORS) | {'pair'}
    telling |= {noun for nouns in (*NOUNS.values(), *PEOPLE.values()) for noun in nouns}
    counts: Counter = Counter()
    # A pronoun is taken for as likely as none, which tells the reader nothing of an image.
    for caption, one in zip(reader.captions, 2 * np.exp(reader.log_likelihoods()), strict=True):
        words = re.findall('[a-z]+', caption.lower())
        counts[frozenset(words) & telling, round(float(one[0]), 9)] += 1
    often = [(share * 5000, count) for (_, share), count in counts.items() if share > 0.02]
    assert len(often) >= 5
    for expected, count in often:
        assert count == pytest.approx(expected, abs=4 * expected**0.5)


def test_exact_captions_leave_less_doubt() -> None:
    doubtful, exact = (
        ceiling(settings)['images alone'].recall[1]
        for settings in (SETTINGS, replace(SETTINGS, omission=0.0, wrong_color=0.0))
    )
    assert doubtful < exact
    assert exact > 95


def test_reader_knows_every_image_and_caption_of_the_split() -> None:
    reader = PerfectReader(SETTINGS, 'test')
    assert reader.log_likelihoods().shape == (25 * 4 * 2, 25 * 4)
    assert len(set(reader.image_people)) == 25


def test_people_share_the_mean_likelihood_of_their_images() -> None:
    scores = np.log([[0.2, 0.4, 0.1]])
    assert np.exp(likelihoods_of_people(scores, [7, 7, 3])) == pytest.approx(
        np.array([[0.3, 0.3, 0.1]])
    )
