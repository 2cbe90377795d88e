"""Identities and splits that the conversion of annotations makes, and what it says of them."""

import runpy
from collections import Counter
from pathlib import Path

import pytest

TOOL = runpy.run_path(str(Path(__file__).parents[2] / 'tools' / 'convert_annotations.py'))
Annotation, make_splits, number_images = (
    TOOL[name] for name in ('Annotation', 'make_splits', 'number_images')
)
identities_from_paths, splits_from_paths = (
    TOOL[name] for name in ('identities_from_paths', 'splits_from_paths')
)
count_splits, find_gaps = TOOL['count_splits'], TOOL['find_gaps']


def annotation(path='a.jpg', *captions, **settings):
    return Annotation(path, captions or ('a man in red',), **settings)


@pytest.mark.parametrize(
    ('names', 'identities'),
    [
        (['0012', '0003', '0012'], [12, 3, 12]),  # whole numbers stay as they are
        ([str(10**20), '3', str(10**20)], [4, 3, 4]),  # but for those beyond 64 bits
        (['zoe', 'ann', 'zoe', '7'], [2, 1, 2, 0]),  # in the order of the alphabet
    ],
)
def test_identities_are_read_from_paths(names, identities):
    images = [annotation(f'{name}/{number}.jpg') for number, name in enumerate(names)]
    found = identities_from_paths(images, '^([^/]+)/')
    assert [image.identity for image in found] == identities
    assert [image.path for image in found] == [image.path for image in images]


READERS = [identities_from_paths, splits_from_paths]


@pytest.mark.parametrize('read', READERS)
@pytest.mark.parametrize(
    ('pattern', 'message'),
    [
        ('([', r"'\(\[' is no regular expression: "),
        ('a', r"'a' has 0 groups in parentheses, expected one"),
        ('(a)(b)', r'has 2 groups in parentheses, expected one; further ones .* \(\?:'),
        ('(b)', r"'\(b\)' finds nothing in 'a\.jpg'"),
        ('a(b?)', r"finds nothing in 'a\.jpg'"),
        ('(b)?a', r"finds nothing in 'a\.jpg'"),
    ],
)
def test_a_pattern_that_does_not_fit_is_named(read, pattern, message):
    with pytest.raises(ValueError, match=f'--(id|split)-pattern .*{message}'):
        read([annotation()], pattern)


@pytest.mark.parametrize('read', READERS)
def test_what_is_known_already_is_not_replaced(read):
    known = annotation(identity=0, split='train')
    with pytest.raises(ValueError, match='has (identities|splits) already; leave it out'):
        read([known], '(a)')


@pytest.fixture
def people():
    """Ten people with two images each, the images of a person apart."""
    return [
        annotation(f'{k}_{person}.jpg', identity=person) for k in (0, 1) for person in range(10)
    ]


def test_all_images_of_an_identity_are_in_one_split(people):
    made = make_splits(people, val=0.2, test=0.3)
    homes = {(image.identity, image.split) for image in made}
    assert len(homes) == 10
    assert Counter(split for _, split in homes) == {'train': 5, 'val': 2, 'test': 3}
    assert [image.path for image in made] == [image.path for image in people]


def test_images_of_unknown_identity_are_shared_out_one_by_one():
    made = make_splits([annotation(f'{n}.jpg') for n in range(20)], val=0.1, test=0.25)
    assert Counter(image.split for image in made) == {'train': 13, 'val': 2, 'test': 5}


def test_an_unknown_identity_is_not_one_identity():
    mixed = [annotation(f'{n}.jpg', identity=3) for n in range(5)]
    mixed += [annotation(f'x{n}.jpg') for n in range(4)]
    made = make_splits(mixed, test=0.4)
    assert len({image.split for image in made[:5]}) == 1
    groups = {image.path if image.identity < 0 else image.identity: image.split for image in made}
    assert Counter(groups.values()) == {'train': 3, 'test': 2}


def test_the_seed_decides_and_nothing_else(people):
    first, again, other = (make_splits(people, 0.3, 0.3, seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_a_small_share_is_one_identity_at_least(people):
    made = make_splits(people, val=0.001)
    assert Counter(image.split for image in made) == {'train': 18, 'val': 2}


def test_without_shares_all_is_for_training(people):
    assert {image.split for image in make_splits(people)} == {'train'}


def test_splits_that_are_there_stay():
    images = [annotation(split='gallery')]
    assert make_splits(images) == images
    with pytest.raises(ValueError, match=r'--val 0\.1 --test 0\.0: the source has splits already'):
        make_splits(images, val=0.1)


@pytest.mark.parametrize(
    ('val', 'test', 'message'),
    [
        (0.5, 0.5, r'--val 0\.5 --test 0\.5 leave none of 10 identities .* smaller shares'),
        (1.0, 0, r'--val 1\.0 is no share: give at least 0 and less than 1'),
        (0, -0.1, r'--test -0\.1 is no share'),
        (float('nan'), 0, '--val nan is no share'),
    ],
)
def test_shares_that_leave_nothing_to_train_on(people, val, test, message):
    with pytest.raises(ValueError, match=message):
        make_splits(people, val, test)


def test_every_image_that_is_evaluated_can_be_its_own_identity():
    images = [
        annotation('a.jpg', split='train'),
        annotation('b.jpg', split='val'),
        annotation('c.jpg', split='test', identity=7),
        annotation('d.jpg', split='test'),
    ]
    assert [image.identity for image in number_images(images)] == [-1, 8, 7, 9]
    assert [image.identity for image in number_images(images[:2])] == [-1, 0]


def test_counts_are_by_split_in_the_usual_order():
    images = [
        annotation('a.jpg', split='extra', identity=1),
        annotation('b.jpg', split='test', identity=4),
        annotation('c.jpg', 'one', 'two', split='train', identity=3),
        annotation('d.jpg', split='train', identity=3),
        annotation('e.jpg', split='train'),
    ]
    assert count_splits(images) == [
        'train: 1 identities, 3 images, 4 captions (1 images of unknown identity)',
        'test: 1 identities, 1 images, 1 captions',
        'extra: 1 identities, 1 images, 1 captions',
    ]


@pytest.fixture
def complete():
    """One image for each split, with what that split needs."""
    return [
        annotation('a.jpg', split='train'),
        annotation('b.jpg', split='val', identity=0),
        annotation('c.jpg', split='test', identity=1),
    ]


def test_complete_annotations_have_no_gap(complete):
    assert find_gaps(complete) == []


def test_a_split_that_is_not_there(complete):
    (gap,) = find_gaps(complete[:1])
    assert gap.startswith('there is no split val or test, only train.')
    assert '--split-key none --val 0.1 --test 0.1 makes them anew' in gap


def test_splits_of_other_names_are_named_with_what_to_set():
    images = [annotation('a.jpg', split='train'), annotation('b.jpg', split='gallery', identity=1)]
    (gap,) = find_gaps(images)
    assert gap.startswith('there is no split val or test, only train, gallery.')
    assert gap.endswith('or set split=... of the data sets in the config.')


def test_evaluation_without_identities(complete):
    (gap,) = find_gaps([*complete, annotation('d.jpg', split='val')])
    assert gap.startswith('1 of the 2 images of val have no identity')
    assert '--image-is-identity' in gap


def test_an_identity_in_several_splits(complete):
    (gap,) = find_gaps([*complete, annotation('d.jpg', split='train', identity=1)])
    assert gap.startswith('1 identities are in several splits, identity 1 in test and train')
