"""Counts, and warnings about what training and evaluation will miss."""

import pytest

from cpcl_mm.datasets.conversion import count_splits, find_gaps


def test_counts_are_by_split_in_the_usual_order(annotation):
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
def complete(annotation):
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
    assert gap.startswith('there is no split val or test.')
    assert '--val 0.1 --test 0.1 makes them' in gap


def test_splits_of_other_names_are_named_with_what_the_tool_accepts(annotation):
    images = [annotation('a.jpg', split='train'), annotation('b.jpg', split='gallery', identity=1)]
    (gap,) = find_gaps(images, had_splits=True)
    assert 'the splits here are train, gallery. Set split=... of the data sets' in gap
    assert gap.endswith('share out anew: --split-key none --val 0.1 --test 0.1.')


def test_evaluation_without_identities(annotation, complete):
    (gap,) = find_gaps([*complete, annotation('d.jpg', split='val')])
    assert gap.startswith('1 of the 2 images of val have no identity')
    assert '--image-is-identity' in gap


def test_an_identity_in_several_splits(annotation, complete):
    (gap,) = find_gaps([*complete, annotation('d.jpg', split='train', identity=1)])
    assert gap.startswith('1 identities are in several splits, identity 1 in test and train')
