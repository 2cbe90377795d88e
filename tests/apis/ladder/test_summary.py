"""Statistics checked by hand."""

import math

import pytest

from cpcl_mm.apis.ladder import RunResult, paired_differences, summarize
from cpcl_mm.apis.ladder.summary import Spread, spread


@pytest.fixture
def run(scores):
    def run(config, data_seed, seed, value, **labels):
        return RunResult(config, data_seed, seed, scores(value), labels, minutes=value / 10)

    return run


@pytest.fixture
def results(run):
    """Differences of 1, 2 and 6; the baseline has a run more, and so has the other one."""
    baseline = {(0, 0): 20.0, (0, 1): 24.0, (1, 0): 22.0, (1, 1): 30.0}
    other = {(0, 0): 21.0, (0, 1): 26.0, (1, 0): 28.0, (9, 9): 25.0}
    return [run('itc', *key, value) for key, value in baseline.items()] + [
        run('oplm', *key, value) for key, value in other.items()
    ]


def test_mean_and_standard_deviation_of_the_sample():
    value = spread([1.0, 2.0, 6.0])
    assert value.mean == 3.0
    assert value.deviation == pytest.approx(math.sqrt((4 + 1 + 9) / 2))
    assert value.error == pytest.approx(math.sqrt(7) / math.sqrt(3))
    assert spread([4.0]) == Spread(4.0, None, 1)
    assert spread([4.0]).error is None


def test_differences_are_paired_by_draw_and_seed(results):
    pairs = paired_differences(results[4:], results[:4], 't2i/mAP')
    assert pairs == {(0, 0): 1.0, (0, 1): 2.0, (1, 0): 6.0}
    baseline, other = summarize(results)
    assert baseline.differences == {}
    difference = other.differences['t2i/mAP']
    assert (difference.mean, difference.count) == (3.0, 3)
    assert difference.error == pytest.approx(math.sqrt(7 / 3))


def test_scores_are_over_all_runs(results):
    baseline, other = summarize(results)
    assert baseline.scores['t2i/mAP'].mean == 24.0
    # Deviations from 24: -4, 0, -2, 6.
    assert baseline.scores['t2i/mAP'].deviation == pytest.approx(math.sqrt(56 / 3))
    assert other.scores['t2i/R@1'].mean == 20.0
    assert other.scores['t2i/R@10'].mean == 55.0
    assert other.minutes == pytest.approx(2.5)


def test_another_baseline_and_one_that_is_not_there(results):
    first, second = summarize(results, baseline='oplm')
    assert first.differences['t2i/R@1'].mean == -3.0
    assert second.differences == {}
    assert all(summary.differences == {} for summary in summarize(results, baseline='nothing'))


def test_configs_come_in_the_order_of_the_ladder_and_then_by_name(run):
    names = ['zebra', 'true_identities', 'hcm', 'ant', 'itc']
    summaries = summarize(run(name, 0, 0, 1.0) for name in names)
    assert [summary.config for summary in summaries] == [
        *('itc', 'hcm', 'true_identities', 'ant', 'zebra')
    ]
    assert [summary.title for summary in summaries[-2:]] == ['ant', 'zebra']


def test_labels_are_means_over_the_runs_that_have_them(run):
    runs = [run('oplm', 0, 0, 1.0, clusters=3.0, purity=0.5), run('oplm', 0, 1, 1.0, clusters=5.0)]
    assert summarize(runs)[0].labels == {'clusters': 4.0, 'purity': 0.5}


def test_a_run_without_a_metric():
    with pytest.raises(ValueError, match=r"a/data1_seed2 has no \['t2i/R@1', 't2i/R@10'\]"):
        summarize([RunResult('a', 1, 2, {'t2i/mAP': 1.0})])
