"""How well captions can be told apart at all: the scores of a reader with perfect eyes.

The reader knows what every image shows, and how witnesses speak: what they leave out, which colors
they mistake, which words they share. It ranks images by the likelihood of a caption given what
they show. A model that sees pixels alone cannot be expected to do better.
"""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from cpcl_mm.evaluation.image_metrics import score_query
from cpcl_mm.evaluation.ranking import RankingScores, average_scores

from .attributes import Identity
from .captions import GARMENTS, PEOPLE, PRONOUNS, Dice, Words
from .pedestrians import Pedestrians
from .settings import SyntheticSettings

NEVER = 1e-12
"""Stands for a probability of 0, whose logarithm cannot be summed."""

Outcome = Hashable
Distribution = dict[Any, float]
Sight = tuple[Identity, frozenset[str]]
"""A person, and the attributes that an image shows."""


class _EveryWay(Dice):
    """Dice that fall in a given way, and leave to others all ways of what falls after it."""

    def __init__(self, falls: list[int], waiting: list[list[int]]) -> None:
        self._falls, self._waiting, self._number = falls, waiting, 0
        self.probability = 1.0

    def happens(self, probability: float) -> bool:
        fall = bool(self._fall(2))
        self.probability *= probability if fall else 1 - probability
        return fall

    def choose(self, options: tuple[str, ...]) -> str:
        self.probability /= len(options)
        return options[self._fall(len(options))]

    def _fall(self, sides: int) -> int:
        if self._number == len(self._falls):
            self._waiting += [[*self._falls, side] for side in reversed(range(1, sides))]
            self._falls.append(0)
        self._number += 1
        return self._falls[self._number - 1]


def distribution(outcome: Callable[[Dice], Outcome]) -> Distribution:
    """Give the probability of every outcome of a function of dice."""
    found: Distribution = {}
    waiting: list[list[int]] = [[]]
    while waiting:
        dice = _EveryWay(waiting.pop(), waiting)
        result = outcome(dice)
        found[result] = found.get(result, 0.0) + dice.probability
    return found


SEEN = {'hair': {'hair', 'hair_style'}, 'upper': {'upper', 'logo', 'open'}}
"""Names that a phrase depends on, where they are more than that of its part."""

SILENT: dict[str, Outcome] = {'hair': '', 'beard': '', 'eyewear': '', 'bag': ''}
"""What is said of a part that a caption does not mention; None of a garment."""


class PerfectReader:
    """Knows what each image of a split shows, and how likely captions are said of it."""

    def __init__(self, settings: SyntheticSettings, split: str) -> None:
        self._drawing = Pedestrians(settings)
        self._known: dict[Hashable, Distribution] = {}
        self._sights: list[Sight] = []
        self.captions: list[str] = []
        self.image_people: list[int] = []
        self.caption_people: list[int] = []
        for sitting in (each for each in self._drawing.pieces() if each.split == split):
            for photograph in self._drawing.photographs(sitting):
                self._sights.append((sitting.identity, photograph.shown))
                self.image_people.append(sitting.number)
                self.captions += photograph.captions
                self.caption_people += [sitting.number] * len(photograph.captions)

    def log_likelihoods(self) -> np.ndarray:
        """Give the logarithm of how likely every caption is said of every image."""
        parts = ('gender', *SILENT, 'told', *GARMENTS)
        known = {
            part: [self._distribution(part, *sight) for sight in self._sights] for part in parts
        }
        phrases = {
            phrase: part
            for part in (*SILENT, *GARMENTS)
            for each in {id(each): each for each in known[part]}.values()
            for phrase in each
            if phrase
        }
        said = [read_caption(caption, phrases) for caption in self.captions]
        return np.sum([_table([s[part] for s in said], known[part]) for part in parts], axis=0)

    def _distribution(self, part: str, identity: Identity, shown: frozenset[str]) -> Distribution:
        """Give what may be said of a part of an image; equal ones are one object."""
        thing = getattr(identity, part, None)
        if part == 'told':
            thing = tuple(slot for slot in GARMENTS if getattr(identity, slot) is not None)
            shown &= set(GARMENTS)
        else:
            shown &= SEEN.get(part, {part})
        key = (part, thing, shown)
        if key not in self._known:
            self._known[key] = self._work_out(part, identity, shown)
        return self._known[key]

    def _work_out(self, part: str, identity: Identity, shown: frozenset[str]) -> Distribution:
        def say(dice: Dice) -> Outcome:
            words = Words(identity, shown, self._drawing.settings, dice)
            if part == 'gender':
                pronoun = PRONOUNS[identity.gender]
                return dice.choose(PEOPLE[identity.gender]), dice.choose(('', pronoun))
            if part in GARMENTS:
                return words.garment(part)
            return getattr(words, {'bag': 'carried', 'told': 'told_garments'}.get(part, part))()

        if part not in GARMENTS:
            return distribution(say)
        worn = getattr(identity, part) is not None
        return {None: 1.0} | (distribution(say) if worn else {})


def read_caption(caption: str, phrases: Mapping[str, str]) -> dict[str, Outcome]:
    """Find what a caption says of each part, given all phrases there are and their parts.

    For ``'gender'`` that is the noun and the pronoun, for ``'told'`` the garments that are named.
    """
    words = re.findall('[a-z]+|[.,]', caption.lower())
    said: dict[str, Outcome] = {**SILENT, **dict.fromkeys(GARMENTS)}
    longest = max(phrase.count(' ') for phrase in phrases) + 1
    place = 0
    while place < len(words):
        for length in range(longest, 0, -1):
            phrase = ' '.join(words[place : place + length])
            if phrase in phrases:
                said[phrases[phrase]] = phrase
                break
        place += length
    noun = next(word for word in words if any(word in nouns for nouns in PEOPLE.values()))
    pronoun = next((word for word in words if word in PRONOUNS.values()), '')
    told = tuple(slot for slot in GARMENTS if said[slot] is not None)
    return {**said, 'gender': (noun, pronoun), 'told': told}


def _table(said: Sequence[Outcome], known: Sequence[Distribution]) -> np.ndarray:
    """Give logarithms of probabilities, (captions, images); each kind is looked up once."""
    outcomes = list(dict.fromkeys(said))
    kinds = list({id(each): each for each in known}.values())
    table = np.log([[max(kind.get(outcome, 0.0), NEVER) for kind in kinds] for outcome in outcomes])
    rows = {outcome: row for row, outcome in enumerate(outcomes)}
    columns = {id(kind): column for column, kind in enumerate(kinds)}
    return table[np.ix_([rows[each] for each in said], [columns[id(each)] for each in known])]


def likelihoods_of_people(scores: np.ndarray, people: Sequence[int]) -> np.ndarray:
    """Give each image the mean likelihood of all images of its person.

    Scores and result are logarithms, (captions, images); ``people`` is each image's identity.
    """
    _, numbers, counts = np.unique(people, return_inverse=True, return_counts=True)
    sums = np.full((len(scores), len(counts)), -np.inf)
    for image, number in enumerate(numbers):
        sums[:, number] = np.logaddexp(sums[:, number], scores[:, image])
    return (sums - np.log(counts))[:, numbers]


def ceiling(settings: SyntheticSettings, split: str = 'test') -> dict[str, RankingScores]:
    """Score the reader with perfect eyes, text to image.

    Returns:
        dict[str, RankingScores]: ``'images alone'``, each ranked for what it shows, and ``'images
        of a person together'``, for a reader who also knows which images are of one person.
    """
    reader = PerfectReader(settings, split)
    alone = reader.log_likelihoods()
    people = likelihoods_of_people(alone, reader.image_people)
    return {
        'images alone': _score(reader, alone),
        'images of a person together': _score(reader, people, alone),
    }


def _score(reader: PerfectReader, *keys: np.ndarray) -> RankingScores:
    """Rank by the first key, then by the next; by chance what all of them leave equal."""
    rng, people = np.random.default_rng(0), np.array(reader.image_people)
    per_query = []
    for person, *values in zip(reader.caption_people, *keys, strict=True):
        order = np.lexsort((rng.random(len(people)), *reversed(values)))
        places = np.argsort(order)
        per_query.append(score_query(places, np.flatnonzero(people == person)))
    return average_scores(np.stack(per_query), (1, 5, 10))
