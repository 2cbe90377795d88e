"""The words of the captions: nouns and their synonyms, verbs, sentence templates."""

from .palette import COLORS, HAIR

PEOPLE = {
    'man': ('man', 'man', 'guy', 'person', 'pedestrian'),
    'woman': ('woman', 'woman', 'lady', 'person', 'pedestrian'),
}
PRONOUNS = {'man': 'he', 'woman': 'she'}

NOUNS: dict[str, tuple[str, ...]] = {
    'tee': ('tee', 'top'),
    'top': ('top', 'vest'),
    'shirt': ('shirt', 'shirt', 'top'),
    'sweater': ('sweater', 'jumper'),
    'hoodie': ('hoodie', 'sweater'),
    'jacket': ('jacket', 'jacket', 'coat'),
    'coat': ('coat',),
    'dress': ('dress',),
    'trousers': ('trousers', 'pants'),
    'jeans': ('jeans', 'jeans', 'pants'),
    'shorts': ('shorts',),
    'skirt': ('skirt',),
    'sneakers': ('sneakers', 'trainers', 'shoes'),
    'shoes': ('shoes',),
    'boots': ('boots', 'boots', 'shoes'),
    'sandals': ('sandals',),
    'cap': ('cap', 'cap', 'hat'),
    'beanie': ('beanie', 'hat'),
    'hat': ('hat',),
    'scarf': ('scarf',),
    'backpack': ('backpack', 'rucksack', 'bag'),
    'handbag': ('handbag', 'bag'),
    'shoulder bag': ('shoulder bag', 'bag'),
    'suitcase': ('suitcase',),
    'glasses': ('glasses',),
    'sunglasses': ('sunglasses',),
}
"""What a witness calls each thing; a name that is given twice comes up twice as often."""

PAIRS = ('trousers', 'jeans', 'shorts', 'shoes', 'sneakers', 'boots', 'sandals')
AS_A_PAIR = 0.15
"""How often a pair is called one."""

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


def vocabulary() -> tuple[str, ...]:
    """All words that captions can contain, lower-case and sorted; about 100.

    Examples:
        >>> 'jumper' in vocabulary()
        True
    """
    fixed = 'a an the this and with over has he she in pair of'
    hair = 'hair beard bald head short long curly ponytail bun'
    phrases = [fixed, hair, *VERBS, *CARRIES, *CARRYING, *WALKS, *SLEEVES.values(), *COLORS, *HAIR]
    for table in (PEOPLE, NOUNS, FABRICS, LOGOS):
        phrases += [' '.join(options) for options in table.values()]
    return tuple(sorted(set(' '.join(phrases).split())))
