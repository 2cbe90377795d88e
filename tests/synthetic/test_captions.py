import re
from collections.abc import Callable

import numpy as np
import pytest

from cpcl_mm.synthetic.attributes import (
    COLORS,
    HAIR,
    PATTERNS,
    SLEEVES,
    Identity,
    Item,
    sample_identities,
    visible,
)
from cpcl_mm.synthetic.captions import (
    CONFUSED_HAIR,
    CONFUSED_WITH,
    NOUNS,
    TEMPLATES,
    fill_template,
    witness_words,
    write_caption,
)
from cpcl_mm.synthetic.figure import VIEWS
from cpcl_mm.synthetic.settings import SyntheticSettings

EXACT = SyntheticSettings(omission=0.0, wrong_color=0.0)


def _words(caption: str) -> list[str]:
    return re.findall('[a-z]+', caption.lower())


def _captions(
    person: Identity,
    view: str = 'front',
    settings: SyntheticSettings = EXACT,
    count: int = 60,
    hides_shoes: bool = False,
) -> list[str]:
    rng = np.random.default_rng(0)
    shown = visible(person, view, hides_shoes)
    return [write_caption(person, shown, settings, rng) for _ in range(count)]


@pytest.fixture(scope='module')
def many_captions() -> list[str]:
    """What usual witnesses say of a thousand people, each from all sides."""
    people = sample_identities(SyntheticSettings(train_identities=1000))['train']
    rng = np.random.default_rng(0)
    return [
        write_caption(person, visible(person, view, hides_shoes=False), SyntheticSettings(), rng)
        for person in people
        for view in VIEWS
    ]


def test_captions_use_every_word_of_the_vocabulary_and_no_other(many_captions: list[str]) -> None:
    assert {word for caption in many_captions for word in _words(caption)} == set(witness_words())


def test_captions_are_sentences(many_captions: list[str]) -> None:
    for caption in many_captions:
        assert re.fullmatch(r'[A-Z][a-z]*(,? [a-z]+)*\.( [A-Z][a-z]*(,? [a-z]+)*\.)*', caption)


def test_captions_are_varied(many_captions: list[str]) -> None:
    assert len(set(many_captions)) > 0.95 * len(many_captions)


def test_articles_fit_the_next_word(many_captions: list[str]) -> None:
    text = ' '.join(many_captions).lower()
    assert ' an orange' in text
    assert not re.search(r'\ba [aeiou]', text)
    assert not re.search(r'\ban [^aeiou]', text)


@pytest.mark.parametrize(
    ('view', 'hidden'),
    [
        ('back', {'glasses', 'beard', 'star', 'logo'}),
        ('side', {'star', 'logo'}),
        ('front', {'backpack', 'rucksack', 'bag', 'purple'}),
    ],
)
def test_hidden_attributes_are_not_mentioned(
    view: str, hidden: set[str], make_person: Callable[..., Identity]
) -> None:
    said = {word for caption in _captions(make_person(), view) for word in _words(caption)}
    assert not said & hidden


def test_hidden_shoes_are_not_mentioned(make_person: Callable[..., Identity]) -> None:
    for caption in _captions(make_person(), hides_shoes=True):
        assert not {'boots', 'shoes', 'red'} & set(_words(caption))


def test_trousers_below_a_dress_are_not_mentioned(make_person: Callable[..., Identity]) -> None:
    dressed = make_person(gender='woman', beard=False, upper=Item('dress', 'white', 'none'))
    for caption in _captions(dressed):
        assert not {'trousers', 'pants', 'blue'} & set(_words(caption))


def test_exact_witness_names_the_true_colors(make_person: Callable[..., Identity]) -> None:
    for caption in _captions(make_person(hair=Item('short', 'black'))):
        assert set(_words(caption)) & COLORS.keys() == {
            'black',
            'green',
            'yellow',
            'blue',
            'red',
            'pink',
        }


def test_wrong_colors_come_as_often_as_wanted(make_person: Callable[..., Identity]) -> None:
    person = make_person(upper=Item('hoodie', 'green', 'long'), scarf=None, bag=None)
    witness = SyntheticSettings(omission=0.0, wrong_color=0.2)
    wrong = ['green' not in _words(text) for text in _captions(person, 'back', witness, 800)]
    assert np.mean(wrong) == pytest.approx(0.2, abs=0.04)


def test_attributes_are_left_out_as_often_as_wanted(make_person: Callable[..., Identity]) -> None:
    witness = SyntheticSettings(omission=0.3, wrong_color=0.0)
    silent = ['pink' not in _words(text) for text in _captions(make_person(), 'back', witness, 800)]
    assert np.mean(silent) == pytest.approx(0.3, abs=0.05)


def test_witness_who_leaves_everything_out_still_names_two_garments(
    make_person: Callable[..., Identity],
) -> None:
    for caption in _captions(
        make_person(), settings=SyntheticSettings(omission=1.0, wrong_color=0.0)
    ):
        assert set(_words(caption)) & COLORS.keys() == {'green', 'blue'}


@pytest.mark.parametrize(
    ('upper', 'phrase'),
    [
        (Item('sweater', 'red', 'long', 'stripes', 'white'), 'red and white striped'),
        (Item('tee', 'red', 'short', 'heart', 'orange'), 'with an orange'),
        (Item('jacket', 'red', 'long', 'open', 'orange'), 'over an orange'),
        (Item('shirt', 'red', 'short', 'plain'), 'red short sleeved'),
        (Item('dress', 'red', 'none', 'plain'), 'red sleeveless dress'),
    ],
)
def test_phrases_of_upper_garments(
    upper: Item, phrase: str, make_person: Callable[..., Identity]
) -> None:
    assert all(phrase in text for text in _captions(make_person(gender='woman', upper=upper)))


def test_template_drops_what_has_nothing_to_say() -> None:
    template = '{who}[ with {what}] walks[, {how}].'
    assert fill_template(template, {'who': 'she', 'what': '', 'how': 'fast'}) == 'she walks, fast.'


def test_witness_words_are_few_and_plain() -> None:
    words = witness_words()
    assert 70 <= len(words) <= 100
    assert all(re.fullmatch('[a-z]+', word) for word in words)


def test_words_of_the_templates_are_in_the_witness_words() -> None:
    for template in TEMPLATES:
        words = re.findall('[a-z]+', re.sub('{[a-z_]+}', '', template))
        assert set(words) <= set(witness_words())


def test_every_upper_garment_has_a_noun() -> None:
    assert SLEEVES.keys() == PATTERNS.keys()
    assert SLEEVES.keys() <= NOUNS.keys()


@pytest.mark.parametrize(('colors', 'table'), [(COLORS, CONFUSED_WITH), (HAIR, CONFUSED_HAIR)])
def test_every_color_can_be_mistaken_for_others_but_not_for_itself(
    colors: dict[str, tuple[int, int, int]], table: dict[str, tuple[str, ...]]
) -> None:
    assert table.keys() == colors.keys()
    for name, others in table.items():
        assert name not in others
        assert set(others) <= colors.keys()
