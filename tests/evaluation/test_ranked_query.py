"""What a picture of ranked results is drawn from."""

import pytest

from cpcl_mm.evaluation import RankedQuery


@pytest.mark.parametrize(
    ('identity', 'gallery', 'expected'),
    [
        (3, [3, 4, -1], [True, False, None]),
        (-1, [3, 4, -1], [None, None, None]),
    ],
)
def test_a_match_needs_both_identities(identity, gallery, expected):
    query = RankedQuery('a man', ['a.png', 'b.png', 'c.png'], [0.9, 0.8, 0.7], gallery, identity)
    assert query.is_match == expected
