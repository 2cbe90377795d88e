"""Mistakes in how a run labels, found before it trains."""

from collections.abc import Collection

from mmengine.runner import EpochBasedTrainLoop, Runner

from cpcl_mm.pseudo_labels.labels import MODALITIES

from .sample_extraction import extraction_pipeline


def check_labelling(
    runner: Runner,
    start: int,
    needs: Collection[str],
    pipeline: list[dict] | None,
    needs_identities: bool = False,
) -> None:
    """Refuse what would fail, or do nothing, at the first labelling.

    Args:
        runner (Runner): Before training.
        start (int): Epochs before the first labels.
        needs (Collection[str]): Modalities whose features labeller and memories read.
        pipeline (list[dict], optional): Transforms of the extraction.
        needs_identities (bool): Whether the labeller needs true identities. Defaults to False.

    Raises:
        TypeError: If the loop has no epochs.
        ValueError: If there is no such modality, no pipeline, or no identity that is needed.
    """
    unknown = sorted(set(needs) - set(MODALITIES))
    if unknown:
        raise ValueError(
            f'a labeller or a memory needs features of {unknown}, and there are those of '
            f'{MODALITIES}: look at needs, and at labels of the memories'
        )
    if needs_identities and (runner.train_dataloader.dataset.identity_labels < 0).all():
        raise ValueError(
            'this config learns from true identities, and the training set has none: add them to '
            'the annotation file, or choose a method without, such as configs/cpcl or configs/icpg'
        )
    if needs:
        extraction_pipeline(runner, pipeline)
    if not isinstance(runner.train_loop, EpochBasedTrainLoop):
        raise TypeError(
            f'labels are made before epochs, and {type(runner.train_loop).__name__} has none: use '
            "train_cfg=dict(type='EpochBasedTrainLoop')"
        )
    if start >= runner.max_epochs:
        runner.logger.warning(
            f'No labels will be made: the first come after {start} epochs, and the run has '
            f'{runner.max_epochs}. Lower default_hooks.pseudo_labels.start.'
        )
