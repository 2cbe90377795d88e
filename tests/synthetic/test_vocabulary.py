import re

from cpcl_mm.synthetic.attributes import PATTERNS, SLEEVES
from cpcl_mm.synthetic.vocabulary import NOUNS, TEMPLATES, vocabulary


def test_vocabulary_is_small_sorted_and_plain() -> None:
    words = vocabulary()
    assert 70 <= len(words) <= 100
    assert list(words) == sorted(set(words))
    assert all(re.fullmatch('[a-z]+', word) for word in words)


def test_words_of_the_templates_are_in_the_vocabulary() -> None:
    for template in TEMPLATES:
        words = re.findall('[a-z]+', re.sub('{[a-z_]+}', '', template))
        assert set(words) <= set(vocabulary())


def test_every_upper_garment_has_a_noun() -> None:
    assert SLEEVES.keys() == PATTERNS.keys()
    assert SLEEVES.keys() <= NOUNS.keys()
