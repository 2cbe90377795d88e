"""Puts into words what an image shows, with a witness's omissions and wrong colors."""

import re
from dataclasses import dataclass

import numpy as np

from .attributes import Identity, Item, Upper
from .palette import CONFUSED_HAIR, CONFUSED_WITH
from .vocabulary import (
    AS_A_PAIR,
    CARRIES,
    CARRYING,
    FABRICS,
    FEWEST_GARMENTS,
    IN_ORDER,
    LOGOS,
    NOUNS,
    PAIRS,
    PEOPLE,
    PRONOUNS,
    SLEEVES,
    SLEEVES_MENTIONED,
    TEMPLATES,
    VERBS,
    WALKS,
)


@dataclass(frozen=True)
class Witness:
    """How exact captions are.

    Attributes:
        omission: Chance that an attribute is left out.
        wrong_color: Chance that a color is mistaken for another one.
    """

    omission: float
    wrong_color: float


def write_caption(
    identity: Identity, shown: frozenset[str], witness: Witness, rng: np.random.Generator
) -> str:
    """One caption of a person of whom ``shown`` can be seen.

    Returns:
        Sentences of words of :func:`vocabulary`, with ``.`` and ``,`` as the only punctuation
        and capitals only where a sentence begins.
    """
    words = _Words(identity, shown, witness, rng)
    parts = {
        'person': words.choose(PEOPLE[identity.gender]),
        'pronoun': PRONOUNS[identity.gender],
        'verb': words.choose(VERBS),
        'walks': words.choose(WALKS),
        'carries': words.choose(CARRIES),
        'carrying': words.choose(CARRYING),
        'head': _listed(words.head()),
        'clothes': _listed(words.clothes()),
        'carried': words.carried(),
    }
    text = fill_template(words.choose(TEMPLATES), parts)
    return re.sub(r'(^|\. )([a-z])', lambda match: match[1] + match[2].upper(), text)


def fill_template(template: str, parts: dict[str, str]) -> str:
    """Fill the names in a template and drop bracketed parts that name an empty one."""

    def keep(match: re.Match[str]) -> str:
        names = re.findall(r'{(\w+)}', match[1])
        return match[1] if all(parts[name] for name in names) else ''

    return re.sub(r'\[([^]]*)\]', keep, template).format(**parts)


def _listed(phrases: list[str]) -> str:
    """Join words as ``a``, ``a and b``, ``a, b and c``."""
    if len(phrases) < 2:
        return ''.join(phrases)
    return f'{", ".join(phrases[:-1])} and {phrases[-1]}'


class _Words:
    """Finds phrases for the attributes of one image, with the witness's errors."""

    def __init__(
        self,
        identity: Identity,
        shown: frozenset[str],
        witness: Witness,
        rng: np.random.Generator,
    ) -> None:
        self.identity = identity
        self.shown = shown
        self.witness = witness
        self.rng = rng

    def choose(self, options: tuple[str, ...]) -> str:
        return options[self.rng.integers(len(options))]

    def tells(self, attribute: str) -> bool:
        """Whether the witness saw the attribute and does not leave it out."""
        return attribute in self.shown and self.rng.random() >= self.witness.omission

    def color(self, name: str, confused: dict[str, tuple[str, ...]] = CONFUSED_WITH) -> str:
        """Give the color's name, or that of one it is confused with."""
        if self.rng.random() < self.witness.wrong_color:
            return self.choose(confused[name])
        return name

    def noun(self, kind: str) -> str:
        return self.choose(NOUNS[kind])

    def head(self) -> list[str]:
        """Phrases for hair, beard and glasses."""
        phrases = [self.hair()] if self.tells('hair') else []
        if self.identity.beard and self.tells('beard'):
            phrases.append('a beard')
        if self.identity.eyewear is not None and self.tells('eyewear'):
            phrases.append(self.noun(self.identity.eyewear))
        return phrases

    def hair(self) -> str:
        style = self.identity.hair.kind
        if style == 'bald':
            return 'a bald head'
        color = self.color(self.identity.hair.color, CONFUSED_HAIR)
        if not self.tells('hair_style'):
            return f'{color} hair'
        if style in ('ponytail', 'bun'):
            return self.choose((f'a {color} {style}', f'{color} hair in a {style}'))
        return f'{style} {color} hair'

    def clothes(self) -> list[str]:
        """Phrases for what is worn, at least :data:`FEWEST_GARMENTS` if so many can be seen."""
        worn = [
            slot
            for slot in ('upper', 'lower', 'shoes', 'headwear', 'scarf')
            if slot in self.shown and getattr(self.identity, slot) is not None
        ]
        told = {slot for slot in worn if self.tells(slot)}
        for slot in worn:
            if len(told) < FEWEST_GARMENTS:
                told.add(slot)
        phrases = [self.garment(getattr(self.identity, slot)) for slot in worn if slot in told]
        return phrases if self.rng.random() < IN_ORDER else phrases[::-1]

    def garment(self, garment: Item | Upper) -> str:
        return self.upper(garment) if isinstance(garment, Upper) else self.item(garment)

    def item(self, item: Item) -> str:
        phrase = f'{self.color(item.color)} {self.noun(item.kind)}'
        if item.kind not in PAIRS:
            return _with_article('a ', phrase)
        return f'a pair of {phrase}' if self.rng.random() < AS_A_PAIR else phrase

    def upper(self, upper: Upper) -> str:
        colors, tail = self.color(upper.color), ''
        words = []
        if upper.pattern in FABRICS and self.tells('upper'):
            colors = f'{colors} and {self.color(upper.second)}'
            words = [self.choose(FABRICS[upper.pattern])]
        elif upper.pattern in LOGOS and self.tells('logo'):
            logo = f'{self.color(upper.second)} {self.choose(LOGOS[upper.pattern])}'
            tail = _with_article(' with a ', logo)
        elif upper.pattern == 'open' and self.tells('open'):
            tail = _with_article(' over a ', f'{self.color(upper.second)} {self.noun("shirt")}')
        if upper.kind in SLEEVES_MENTIONED and self.tells('upper'):
            words.append(SLEEVES[upper.sleeves])
        return _with_article('a ', ' '.join([colors, *words, self.noun(upper.kind)])) + tail

    def carried(self) -> str:
        bag = self.identity.bag
        if bag is None or not self.tells('bag'):
            return ''
        return self.item(bag)


def _with_article(article: str, phrase: str) -> str:
    """Give the phrase after its article, with ``an`` before a vowel."""
    if article.endswith('a ') and phrase[0] in 'aeiou':
        article = f'{article[:-1]}n '
    return article + phrase
