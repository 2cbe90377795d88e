"""What a run says about a clustering: a line in the log, scalars, and the labels on disk."""

from pathlib import Path

from mmengine.runner import Runner

from cpcl_mm.pseudo_labels import RefinedLabels, save_pseudo_labels

MODALITIES = ('image', 'text')
_SCORES = {'purity': 'purity', 'nmi': 'NMI', 'ari': 'ARI', 'mined_right_share': 'mined right'}


def report_labels(runner: Runner, refined: RefinedLabels, quality: dict[str, float]) -> None:
    """Log a line, write scalars, and keep the labels for pictures.

    Args:
        runner (Runner): The runner of the training process, before the epoch that the labels are
            for.
        refined (RefinedLabels): The labels.
        quality (dict[str, float]): What is known about them, as
            :func:`~cpcl_mm.pseudo_labels.label_quality` gives it, and ``seconds/<stage>``.
    """
    epoch = runner.epoch + 1
    runner.logger.info(f'Pseudo labels before epoch {epoch}: {describe(quality)}')
    for modality in MODALITIES:
        if quality.get(f'{modality}/clusters') == 0:
            runner.logger.warning(
                f'No {modality} cluster at all: all {modality} samples are outliers in epoch '
                f'{epoch}. Raise eps, lower min_samples or k1 of the clusterer, or train '
                'longer before the first clustering (start).'
            )
    scalars = {f'pseudo_labels/{key}': value for key, value in quality.items()}
    runner.visualizer.add_scalars(scalars, step=epoch)
    save_pseudo_labels(Path(runner.work_dir, 'pseudo_labels'), epoch, refined, quality)


def describe(quality: dict[str, float]) -> str:
    """Put the quality of labels into a line.

    Args:
        quality (dict[str, float]): As for :func:`report_labels`.

    Returns:
        str: A part for each modality that has labels, and the seconds of all stages.

    Examples:
        >>> from cpcl_mm.engine.label_report import describe
        >>> describe({'image/clusters': 3, 'image/outliers_before': 9, 'image/outliers': 4,
        ...           'image/purity': 0.75, 'seconds/extract': 1.26})
        'image 3 clusters, outliers 9 -> 4, purity 0.750; 1.3 s'
    """
    parts = [_describe(m, quality) for m in MODALITIES if f'{m}/clusters' in quality]
    seconds = sum(number for key, number in quality.items() if key.startswith('seconds/'))
    return '; '.join([*parts, f'{seconds:.1f} s'])


def _describe(modality: str, quality: dict[str, float]) -> str:
    clusters, before, after = (
        quality[f'{modality}/{key}'] for key in ('clusters', 'outliers_before', 'outliers')
    )
    scores = [
        f', {name} {quality[f"{modality}/{key}"]:.3f}'
        for key, name in _SCORES.items()
        if f'{modality}/{key}' in quality
    ]
    line = f'{modality} {clusters:.0f} clusters, outliers {before:.0f} -> {after:.0f}'
    return line + ''.join(scores)
