"""Puts into words what an image shows, with a witness's omissions and wrong colors."""

import re
from collections.abc import Iterable

import numpy as np

from .attributes import COLORS, HAIR, Identity, Item
from .settings import SyntheticSettings


def options(table: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Give a table whose values are tuples instead of texts with commas."""
    return {key: tuple(options.split(', ')) for key, options in table.items()}


PEOPLE = {
    'man': ('man', 'man', 'guy', 'person', 'pedestrian'),
    'woman': ('woman', 'woman', 'lady', 'person', 'pedestrian'),
}
PRONOUNS = {'man': 'he', 'woman': 'she'}

NOUNS = options({
    'tee': 'tee, top', 'top': 'top, vest', 'shirt': 'shirt, shirt, top',
    'sweater': 'sweater, jumper', 'hoodie': 'hoodie, sweater', 'jacket': 'jacket, jacket, coat',
    'coat': 'coat', 'dress': 'dress', 'trousers': 'trousers, pants',
    'jeans': 'jeans, jeans, pants', 'shorts': 'shorts', 'skirt': 'skirt',
    'sneakers': 'sneakers, trainers, shoes', 'shoes': 'shoes', 'boots': 'boots, boots, shoes',
    'sandals': 'sandals', 'cap': 'cap, cap, hat', 'beanie': 'beanie, hat', 'hat': 'hat',
    'scarf': 'scarf', 'backpack': 'backpack, rucksack, bag', 'handbag': 'handbag, bag',
    'shoulder bag': 'shoulder bag, bag', 'suitcase': 'suitcase', 'glasses': 'glasses',
    'sunglasses': 'sunglasses',
})  # fmt: skip
"""What a witness calls each thing; a name that is given twice comes up twice as often."""

PAIRS = ('trousers', 'jeans', 'shorts', 'shoes', 'sneakers', 'boots', 'sandals')
AS_A_PAIR = 0.15
"""How often a pair is called one."""

GARMENTS = ('upper', 'lower', 'shoes', 'headwear', 'scarf')

FEWEST_GARMENTS = 2
"""Even a witness who leaves out much says more of a person than one garment."""

IN_ORDER = 0.85
"""How often clothes are named from the upper garment on, and not the other way round."""

SLEEVES = {'long': 'long sleeved', 'short': 'short sleeved', 'none': 'sleeveless'}
SLEEVES_MENTIONED = ('shirt', 'dress', 'top')
"""Garments that come with several sleeves, or with a surprising one."""

FABRICS = {'stripes': ('striped',), 'checks': ('checked', 'plaid'), 'dots': ('dotted', 'spotted')}
LOGOS = {'star': ('star', 'logo'), 'heart': ('heart', 'logo')}

VERBS = ('wears', 'is wearing', 'is dressed in')
CARRIES = ('carries', 'has', 'is carrying')
CARRYING = ('carrying', 'holding')
WALKS = ('walks', 'is walking', 'stands')

TEMPLATES = (
    'a {person}[ with {head}] {verb} {clothes}[ and {carries} {carried}].',
    'a {person} in {clothes}[, with {head}][, {carrying} {carried}].',
    'the {person}[ has {head} and] {verb} {clothes}.[ {pronoun} {carries} {carried}.]',
    'wearing {clothes}, a {person}[ with {head}] {walks}[ and {carries} {carried}].',
    'a {person} {walks}[, {carrying} {carried}]. {pronoun} {verb} {clothes}[ and has {head}].',
    'the {person}[ {carrying} {carried}] {verb} {clothes}.[ {pronoun} has {head}.]',
    'this {person} {walks} in {clothes}[ and has {head}].[ {pronoun} is {carrying} {carried}.]',
    'a {person}[ {carrying} {carried}] {walks} in {clothes}[, with {head}].',
)
"""A bracketed part is dropped when a name in it has nothing to say."""

CONFUSED_WITH = options({
    'black': 'grey, blue, brown', 'white': 'grey, beige, yellow', 'grey': 'black, white, blue',
    'red': 'orange, pink, brown', 'orange': 'red, yellow, brown',
    'yellow': 'orange, beige, white', 'green': 'blue, grey, yellow',
    'blue': 'purple, green, black', 'purple': 'blue, pink, red', 'pink': 'red, purple, white',
    'brown': 'black, beige, orange', 'beige': 'white, brown, yellow',
})  # fmt: skip
"""The color names that a hasty witness may use instead."""

CONFUSED_HAIR = options({
    'black': 'brown, grey', 'brown': 'black, blond, red', 'blond': 'brown, grey',
    'grey': 'blond, black', 'red': 'brown, blond',
})  # fmt: skip
"""The same for the color of hair."""


class Dice:
    """What is left to chance."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def happens(self, probability: float) -> bool:
        """Tell whether an event of this probability happens."""
        return self._rng.random() < probability

    def choose(self, options: tuple[str, ...]) -> str:
        """Give one of the options, each as likely."""
        return options[self._rng.integers(len(options))]


def write_caption(
    identity: Identity, shown: frozenset[str], settings: SyntheticSettings, rng: np.random.Generator
) -> str:
    """Describe a person of whom ``shown`` can be seen, in one or two sentences."""
    dice = Dice(rng)
    words = Words(identity, shown, settings, dice)
    parts = {
        'person': dice.choose(PEOPLE[identity.gender]),
        'pronoun': PRONOUNS[identity.gender],
        'verb': dice.choose(VERBS),
        'walks': dice.choose(WALKS),
        'carries': dice.choose(CARRIES),
        'carrying': dice.choose(CARRYING),
        'head': _listed(words.head()),
        'clothes': _listed(words.clothes()),
        'carried': words.carried(),
    }
    text = fill_template(dice.choose(TEMPLATES), parts)
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


class Words:
    """Finds phrases for the attributes of one image, with the witness's errors."""

    def __init__(
        self, identity: Identity, shown: frozenset[str], settings: SyntheticSettings, dice: Dice
    ) -> None:
        self.identity, self.shown, self.settings, self.dice = identity, shown, settings, dice

    def _tells(self, attribute: str) -> bool:
        """Whether the witness saw the attribute and does not leave it out."""
        return attribute in self.shown and not self.dice.happens(self.settings.omission)

    def _color(self, name: str, confused: dict[str, tuple[str, ...]] = CONFUSED_WITH) -> str:
        """Give the color's name, or that of one it is confused with."""
        mistaken = self.dice.happens(self.settings.wrong_color)
        return self.dice.choose(confused[name]) if mistaken else name

    def _noun(self, kind: str) -> str:
        return self.dice.choose(NOUNS[kind])

    def head(self) -> list[str]:
        """Give phrases for hair, beard and glasses."""
        return [phrase for phrase in (self.hair(), self.beard(), self.eyewear()) if phrase]

    def hair(self) -> str:
        """Give a phrase for the hair, or ``''``."""
        if not self._tells('hair'):
            return ''
        style = self.identity.hair.kind
        if style == 'bald':
            return 'a bald head'
        color = self._color(self.identity.hair.color, CONFUSED_HAIR)
        if not self._tells('hair_style'):
            return f'{color} hair'
        if style in ('ponytail', 'bun'):
            return self.dice.choose((f'a {color} {style}', f'{color} hair in a {style}'))
        return f'{style} {color} hair'

    def beard(self) -> str:
        """Give a phrase for a beard, or ``''``."""
        return 'a beard' if self.identity.beard and self._tells('beard') else ''

    def eyewear(self) -> str:
        """Give a phrase for glasses, or ``''``."""
        kind = self.identity.eyewear
        return self._noun(kind) if kind is not None and self._tells('eyewear') else ''

    def clothes(self) -> list[str]:
        """Give phrases for what is worn, in one order or the other."""
        phrases = [self.garment(slot) for slot in self.told_garments()]
        return phrases if self.dice.happens(IN_ORDER) else phrases[::-1]

    def told_garments(self) -> tuple[str, ...]:
        """Choose what to name: :data:`FEWEST_GARMENTS` things, if so many can be seen, or more."""
        worn = [
            slot
            for slot in GARMENTS
            if slot in self.shown and getattr(self.identity, slot) is not None
        ]
        told = {slot for slot in worn if self._tells(slot)}
        for slot in worn:
            if len(told) < FEWEST_GARMENTS:
                told.add(slot)
        return tuple(slot for slot in worn if slot in told)

    def garment(self, slot: str) -> str:
        """Give a phrase for what is worn in a slot."""
        item: Item = getattr(self.identity, slot)
        return self._upper(item) if slot == 'upper' else self._item(item)

    def _item(self, item: Item) -> str:
        phrase = f'{self._color(item.color)} {self._noun(item.kind)}'
        if item.kind not in PAIRS:
            return _with_article('a ', phrase)
        return f'a pair of {phrase}' if self.dice.happens(AS_A_PAIR) else phrase

    def _upper(self, upper: Item) -> str:
        colors, tail = self._color(upper.color), ''
        words = []
        if upper.pattern in FABRICS and self._tells('upper'):
            colors = f'{colors} and {self._color(upper.second)}'
            words = [self.dice.choose(FABRICS[upper.pattern])]
        elif upper.pattern in LOGOS and self._tells('logo'):
            logo = f'{self._color(upper.second)} {self.dice.choose(LOGOS[upper.pattern])}'
            tail = _with_article(' with a ', logo)
        elif upper.pattern == 'open' and self._tells('open'):
            tail = _with_article(' over a ', f'{self._color(upper.second)} {self._noun("shirt")}')
        if upper.kind in SLEEVES_MENTIONED and self._tells('upper'):
            words.append(SLEEVES[upper.sleeves])
        return _with_article('a ', ' '.join([colors, *words, self._noun(upper.kind)])) + tail

    def carried(self) -> str:
        """Give a phrase for a bag, or ``''``."""
        bag = self.identity.bag
        return self._item(bag) if bag is not None and self._tells('bag') else ''


def _with_article(article: str, phrase: str) -> str:
    """Give the phrase after its article, with ``an`` before a vowel."""
    if article.endswith('a ') and phrase[0] in 'aeiou':
        article = f'{article[:-1]}n '
    return article + phrase


def words_of(*texts: str | Iterable[str] | dict[str, tuple[str, ...]]) -> set[str]:
    """Give the words of texts, and of the phrases that are the values of tables."""
    found: list[str] = []
    for text in texts:
        rows = text.values() if isinstance(text, dict) else [text]
        found += (row if isinstance(row, str) else ' '.join(row) for row in rows)
    return set(re.findall('[a-z]+', re.sub('{.*?}', '', ' '.join(found))))


def witness_words() -> set[str]:
    """Give all words that captions can contain, lower-case; about 100."""
    fixed = 'a an the this and with over has he she in pair of hair beard bald head'
    styles = 'short long curly ponytail bun'
    verbs = (*VERBS, *CARRIES, *CARRYING, *WALKS)
    colors = (*COLORS, *HAIR)
    return words_of(fixed, styles, verbs, colors, PEOPLE, NOUNS, SLEEVES, FABRICS, LOGOS)
