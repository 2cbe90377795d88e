"""Statistics of a ladder: means, standard deviations and paired differences."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .results import RunResult

METRICS = ('t2i/R@1', 't2i/R@10', 't2i/mAP')

RUNGS = {
    'itc': 'ITC',
    'itc_equal_time': "ITC, CPCL's time",
    'sdm_pseudo': 'SDM on pseudo labels',
    'pmm': 'ITC + PMM',
    'hcm': 'ITC + PMM + HCM',
    'oplm': 'ITC + PMM + HCM + OPLM (CPCL)',
    'oplm_no_threshold': 'CPCL, OPLM without a threshold',
    'image_centered': 'image-centered labels',
    'true_identities': 'true identities',
    'true_identities_of_images': 'true identities of images',
    'true_identities_of_captions': 'true identities of captions',
}
"""What configs are called in tables and plots, in this order; others follow by their names."""


@dataclass(frozen=True)
class Spread:
    """Mean and spread of a number over runs.

    Args:
        mean (float): Mean.
        deviation (float | None): Standard deviation of the sample (n - 1); None for one run.
        count (int): Number of runs.
    """

    mean: float
    deviation: float | None
    count: int

    @property
    def error(self) -> float | None:
        """Standard error of the mean; None for one run."""
        return None if self.deviation is None else self.deviation / self.count**0.5


@dataclass(frozen=True)
class ConfigSummary:
    """What the runs of one config brought.

    Args:
        config (str): Name of the config.
        runs (list[RunResult]): Its runs.
        scores (dict[str, Spread]): Of each metric.
        differences (dict[str, Spread]): To the baseline, of each metric, over the pairs of runs
            with the same draw and seed; empty for the baseline and where there is no pair.
        labels (dict[str, float]): Means of the last entries of the pseudo labels' histories.
        minutes (float): Mean wall time of a run.
    """

    config: str
    runs: list[RunResult]
    scores: dict[str, Spread]
    differences: dict[str, Spread]
    labels: dict[str, float]
    minutes: float

    @property
    def title(self) -> str:
        """What tables and plots call the config."""
        return RUNGS.get(self.config, self.config)


def summarize(
    results: Iterable[RunResult], baseline: str = 'itc', metrics: Sequence[str] = METRICS
) -> list[ConfigSummary]:
    """Summarize the runs of each config.

    Args:
        results (Iterable[RunResult]): Runs of all configs.
        baseline (str): Config that the others are compared with. Defaults to ``'itc'``.
        metrics (Sequence[str]): Scores to summarize.

    Returns:
        list[ConfigSummary]: In the order of :data:`RUNGS`.

    Raises:
        ValueError: If a run lacks one of the metrics.
    """
    runs: dict[str, list[RunResult]] = {}
    for result in results:
        _check_metrics(result, metrics)
        runs.setdefault(result.config, []).append(result)
    order = list(RUNGS)
    names = sorted(
        runs, key=lambda name: (order.index(name) if name in RUNGS else len(order), name)
    )
    return [_summarize_one(name, runs, baseline, metrics) for name in names]


def paired_differences(
    runs: Iterable[RunResult], baseline: Iterable[RunResult], metric: str
) -> dict[tuple[int, int], float]:
    """Subtract the baseline's score from that of each run with the same draw and seed.

    Args:
        runs (Iterable[RunResult]): Runs of a config.
        baseline (Iterable[RunResult]): Runs of the baseline.
        metric (str): The score.

    Returns:
        dict[tuple[int, int], float]: By (draw, seed); runs without a partner are left out.
    """
    reference = {(run.data_seed, run.seed): run.scores[metric] for run in baseline}
    return {
        key: run.scores[metric] - reference[key]
        for run in runs
        if (key := (run.data_seed, run.seed)) in reference
    }


def spread(values: Sequence[float]) -> Spread:
    """Mean, standard deviation and number of at least one value."""
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Spread(statistics.fmean(values), deviation, len(values))


def _summarize_one(
    name: str, runs: Mapping[str, list[RunResult]], baseline: str, metrics: Sequence[str]
) -> ConfigSummary:
    own = runs[name]
    reference = runs.get(baseline, []) if name != baseline else []
    differences = {metric: paired_differences(own, reference, metric) for metric in metrics}
    return ConfigSummary(
        config=name,
        runs=own,
        scores={metric: spread([run.scores[metric] for run in own]) for metric in metrics},
        differences={
            key: spread(list(pairs.values())) for key, pairs in differences.items() if pairs
        },
        labels=_mean_labels(own),
        minutes=statistics.fmean(run.minutes for run in own),
    )


def _mean_labels(runs: Sequence[RunResult]) -> dict[str, float]:
    """Mean of each entry over the runs that have it."""
    keys = sorted({key for run in runs for key in run.labels})
    return {
        key: statistics.fmean(run.labels[key] for run in runs if key in run.labels) for key in keys
    }


def _check_metrics(result: RunResult, metrics: Sequence[str]) -> None:
    missing = [metric for metric in metrics if metric not in result.scores]
    if missing:
        raise ValueError(
            f'{result.config}/data{result.data_seed}_seed{result.seed} has no {missing} among its '
            f'final scores {sorted(result.scores)}: was it tested with TextPersonRetrievalMetric?'
        )
