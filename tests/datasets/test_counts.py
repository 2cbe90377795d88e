"""What a split holds, and when a number is as published."""

import pytest

from cpcl_mm.datasets.counts import PublishedCounts, SplitCounts, count_split
from cpcl_mm.datasets.records import ImageRecord


def test_images_captions_and_people_are_counted():
    records = [
        ImageRecord('a.jpg', ('a man', 'he walks'), identity=7),
        ImageRecord('b.jpg', ('a man',), identity=7),
        ImageRecord('c.jpg', ('a girl', 'she runs', 'she wears red'), identity=0),
    ]
    assert count_split(records) == SplitCounts(identities=2, images=3, captions=6)


def test_unknown_identities_are_no_person():
    assert count_split([ImageRecord('a.jpg', ('a man',))]).identities == 0


@pytest.mark.parametrize(
    ('quantity', 'number', 'accepted'),
    [
        ('identities', 10, True),
        ('identities', 9, False),
        ('images', 20, True),
        ('captions', 41, True),
        ('captions', 40, True),
        ('captions', 42, False),
        # The other number of captions is none of images.
        ('images', 40, False),
    ],
)
def test_two_numbers_of_captions_are_accepted(quantity, number, accepted):
    published = PublishedCounts(identities=10, images=20, captions=41, captions_in_papers=40)
    assert published.accepts(quantity, number) == accepted
