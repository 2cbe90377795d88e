import resource
import runpy
from pathlib import Path

import numpy as np
import pytest

from cpcl_mm.kreciprocal import JaccardDBSCAN, memory
from cpcl_mm.kreciprocal.memory import estimate_memory

run_on_ranks = runpy.run_path(str(Path(__file__).parents[1] / 'ranks.py'))['run_on_ranks']


def test_memory_grows_with_the_samples_and_not_with_their_square():
    small, large, larger = (estimate_memory(n, 512, 30) for n in (50_000, 100_000, 200_000))
    assert larger - large == 2 * (large - small)
    assert large < 0.05 * 4 * 100_000**2


def test_ranks_share_the_candidates(monkeypatch):
    many = dict(num_samples=100_000, dim=64, k=30, precision='bfloat16')
    alone = estimate_memory(**many)
    monkeypatch.setattr(memory, 'get_world_size', lambda: 4)
    assert estimate_memory(**many) <= alone


def test_a_million_samples_need_less_than_four_and_a_half_gibibytes():
    for approximate in (False, True):
        need = estimate_memory(1_000_000, 512, 30, approximate=approximate)
        assert need < 4.5 * 2**30


def test_an_approximate_search_keeps_a_copy_in_half_precision():
    exact, approximate = (
        estimate_memory(100_000, 2048, 30, approximate=flag) for flag in (False, True)
    )
    assert approximate - exact == 100_000 * (4 * 2048 + 4 * 30 - 84 * 30)


def grow(folder):
    """MiB that the peak memory grows by: exactly, then approximately."""
    made = np.random.default_rng(0).normal(size=(20_000, 128)).astype(np.float32)
    features = made + np.repeat(made[:5000], 4, axis=0)
    del made
    grown = []
    for approximate_above in (None, 0):
        clusterer = JaccardDBSCAN(approximate_above=approximate_above)
        clusterer(features[:300])  # loads compiled loops and libraries
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        clusterer(features)
        grown.append((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10)
    return grown


def test_the_estimate_is_not_exceeded(tmp_path):
    [(exact, _)] = run_on_ranks(__file__, 'grow', tmp_path, world_sizes=(1,))[1]
    assert 0 < exact < estimate_memory(20_000, 128, 30) / 2**20


def test_work_that_needs_more_is_refused_before_it_begins(monkeypatch, person_features):
    def no_work(*arguments):
        raise AssertionError('the work has begun')

    monkeypatch.setattr('cpcl_mm.kreciprocal.clusterers.jaccard_clusterer.normalize_on', no_work)
    with pytest.raises(
        ValueError,
        match=r'clustering 200 samples of 16 dimensions with 30 neighbors needs about 0\.\d+ GiB '
        r'beyond the features, more than memory_limit=0.01 GiB: raise the limit .*or lower k1',
    ):
        JaccardDBSCAN(memory_limit=0.01)(person_features(200))


def test_a_limit_that_is_kept_changes_nothing(person_features):
    features = person_features(100)
    labels = JaccardDBSCAN(memory_limit=1)(features).labels
    np.testing.assert_array_equal(labels, JaccardDBSCAN()(features).labels)
