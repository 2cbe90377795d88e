"""Splits never tear an identity apart, and evaluation gets the identities it needs."""

from collections import Counter

import pytest

from cpcl_mm.datasets.conversion import make_splits, number_images


@pytest.fixture
def people(annotation):
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


def test_images_of_unknown_identity_are_shared_out_one_by_one(annotation):
    made = make_splits([annotation(f'{n}.jpg') for n in range(20)], val=0.1, test=0.25)
    assert Counter(image.split for image in made) == {'train': 13, 'val': 2, 'test': 5}


def test_an_unknown_identity_is_not_one_identity(annotation):
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


def test_splits_that_are_there_stay(annotation):
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


def test_every_image_that_is_evaluated_can_be_its_own_identity(annotation):
    images = [
        annotation('a.jpg', split='train'),
        annotation('b.jpg', split='val'),
        annotation('c.jpg', split='test', identity=7),
        annotation('d.jpg', split='test'),
    ]
    assert [image.identity for image in number_images(images)] == [-1, 8, 7, 9]
    assert [image.identity for image in number_images(images[:2])] == [-1, 0]
