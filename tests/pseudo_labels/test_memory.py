import numpy as np
import pytest

from cpcl_mm.pseudo_labels import JaccardDBSCAN, memory
from cpcl_mm.pseudo_labels.memory import estimate_memory


def test_memory_grows_with_the_samples_and_not_with_their_square():
    small, large, larger = (estimate_memory(n, 512, 30) for n in (50_000, 100_000, 200_000))
    assert larger - large == 2 * (large - small)
    assert large < 0.05 * 4 * 100_000**2


def test_ranks_share_the_candidates(monkeypatch):
    many = dict(num_samples=100_000, dim=64, k=30, precision='bfloat16')
    alone = estimate_memory(**many)
    monkeypatch.setattr(memory, 'get_world_size', lambda: 4)
    assert estimate_memory(**many) <= alone


def test_work_that_needs_more_is_refused_before_it_begins(monkeypatch, person_features):
    def no_work(*arguments):
        raise AssertionError('the work has begun')

    monkeypatch.setattr('cpcl_mm.pseudo_labels.clusterers.normalise', no_work)
    with pytest.raises(
        ValueError,
        match=r'clustering 200 samples of 16 dimensions with 30 neighbours needs about 0\.\d+ GiB '
        r'beyond the features, more than memory_limit=0.01 GiB: raise the limit .*or lower k1',
    ):
        JaccardDBSCAN(memory_limit=0.01)(person_features(200))


def test_a_limit_that_is_kept_changes_nothing(person_features):
    features = person_features(100)
    labels = JaccardDBSCAN(memory_limit=1)(features).labels
    np.testing.assert_array_equal(labels, JaccardDBSCAN()(features).labels)
