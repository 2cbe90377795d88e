"""Identities and splits that the paths of images tell."""

import pytest

from cpcl_mm.datasets.conversion import identities_from_paths, splits_from_paths

READERS = [identities_from_paths, splits_from_paths]


def test_whole_numbers_are_identities_as_they_are(annotation):
    images = [annotation(path) for path in ('0012_c1.jpg', '0003_c1.jpg', '0012_c2.jpg')]
    found = identities_from_paths(images, r'^(\d+)_')
    assert [image.identity for image in found] == [12, 3, 12]
    assert [image.path for image in found] == [image.path for image in images]


def test_numbers_beyond_64_bits_are_numbered(annotation):
    images = [annotation(path) for path in (f'{10**20}_1.jpg', '3_1.jpg', f'{10**20}_2.jpg')]
    found = identities_from_paths(images, r'^(\d+)_')
    assert [image.identity for image in found] == [4, 3, 4]


def test_other_names_are_numbered_in_the_order_of_the_alphabet(annotation):
    images = [annotation(path) for path in ('zoe/1.jpg', 'ann/1.jpg', 'zoe/2.jpg', '7/1.jpg')]
    found = identities_from_paths(images, '^([^/]+)/')
    assert [image.identity for image in found] == [2, 1, 2, 0]


def test_the_split_is_a_folder(annotation):
    images = [annotation('training/1.jpg'), annotation('test/d/1.jpg')]
    found = splits_from_paths(images, '^([^/]+)/')
    assert [image.split for image in found] == ['train', 'test']


@pytest.mark.parametrize('read', READERS)
@pytest.mark.parametrize(
    ('pattern', 'message'),
    [
        ('([', r"'\(\[' is no regular expression: "),
        ('a', r"'a' has 0 groups in parentheses, expected one"),
        ('(a)(b)', r'has 2 groups in parentheses, expected one; further ones .* \(\?:'),
        ('(b)', r"'\(b\)' finds nothing in the path 'a\.jpg'"),
        ('a(b?)', r"finds nothing in the path 'a\.jpg'"),
        ('(b)?a', r"finds nothing in the path 'a\.jpg'"),
    ],
)
def test_a_pattern_that_does_not_fit_is_named(annotation, read, pattern, message):
    with pytest.raises(ValueError, match=f'--(id|split)-pattern .*{message}'):
        read([annotation()], pattern)


@pytest.mark.parametrize('read', READERS)
def test_what_is_known_already_is_not_replaced(annotation, read):
    known = annotation(identity=0, split='train')
    with pytest.raises(ValueError, match='has (identities|splits) already; leave the option out'):
        read([known], '(a)')
