"""Labels the training set before an epoch, and hands the labels over."""

import time
from collections.abc import Mapping
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from cpcl_mm.models import MatchingHead
from cpcl_mm.pseudo_labels import Labeller, report_labels
from cpcl_mm.registry import HOOKS, TASK_UTILS
from cpcl_mm.utils.sharing import run_on_main

from ..bare_model import bare_model
from ..labelling import STATE, check_labelling, find_labels, publish_labels, restore_labels
from ..sample_extraction import extract_samples


@HOOKS.register_module()
class PseudoLabelHook(Hook):
    """Joins the Runner to a labeller, the head and the sampler.

    Before every ``interval``-th epoch: **extract** the features that the labeller and the memories
    of the head need, once for each image and caption, by test transforms; **label**; **hand over**
    to the head and to a sampler that takes labels (``set_labels``); **report**. Labels and memories
    are saved with a checkpoint and restored when a run is resumed, never with ``load_from``.

    With EMAHook, the weights that train make the labels; the averaged ones are for validation,
    test and checkpoints.

    Args:
        labeller (dict): Config of a :class:`~cpcl_mm.pseudo_labels.Labeller`.
        start (int): Number of epochs before the first labels. Defaults to 0.
        interval (int): Epochs from one labelling to the next. Defaults to 1.
        pipeline (list[dict], optional): Transforms of the extraction. Defaults to None: those of
            the test data set.
        batch_size (int): Items a batch and rank in the extraction. Defaults to 128.
        num_workers (int): Worker processes a rank in the extraction. Defaults to 0.

    Raises:
        TypeError: If the labeller is none.
        ValueError: If ``start`` or ``interval`` is out of its range.
    """

    # After the seeds of the epoch, before the sampler starts it.
    priority = 'ABOVE_NORMAL'

    def __init__(
        self,
        labeller: Mapping[str, Any],
        start: int = 0,
        interval: int = 1,
        pipeline: list[dict] | None = None,
        batch_size: int = 128,
        num_workers: int = 0,
    ) -> None:
        if start < 0 or interval < 1:
            raise ValueError(f'start={start} must be >= 0 and interval={interval} >= 1')
        self.labeller = TASK_UTILS.build(labeller)
        if not isinstance(self.labeller, Labeller):
            raise TypeError(f'{labeller} is no labeller: PerModality makes one of clusterers')
        self.start, self.interval = start, interval
        self.loading: Any = dict(pipeline=pipeline, batch_size=batch_size, num_workers=num_workers)
        self.loaded: dict[str, Any] | None = {}

    def before_train(self, runner: Runner) -> None:
        """Find mistakes; go on with the labels of the checkpoint if the run is resumed."""
        head = _head(runner)
        needs = self.labeller.needs | head.needs
        identities = self.labeller.needs_identities
        check_labelling(runner, self.start, needs, self.loading['pipeline'], identities)
        restore_labels(runner, head, self.loaded, _device(runner))
        self.loaded = {}

    def before_train_epoch(self, runner: Runner) -> None:
        """Label, if it is time, and see that the sampler has the labels."""
        head = _head(runner)
        epochs = runner.epoch - self.start
        if epochs >= 0 and (epochs % self.interval == 0 or not head.labels):
            self._label(runner, head)
        sampler = runner.train_dataloader.sampler
        if head.labels and hasattr(sampler, 'set_labels'):
            sampler.set_labels({name: x.cpu().numpy() for name, x in head.labels.items()})

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add labels and memories to a checkpoint."""
        checkpoint[STATE] = _head(runner).epoch_state()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Keep what a checkpoint has until it shows whether the run is resumed."""
        self.loaded = find_labels(checkpoint)

    def _label(self, runner: Runner, head: MatchingHead) -> None:
        start = time.perf_counter()
        samples = extract_samples(runner, self.labeller.needs | head.needs, **self.loading)
        seconds = {'extract': time.perf_counter() - start}
        labels = self.labeller(samples)
        head.set_labels(labels, samples, _device(runner))
        report = run_on_main(report_labels, runner.epoch + 1, labels, samples, seconds)
        run_on_main(publish_labels, runner, labels, report)


def _device(runner: Runner) -> torch.device:
    return next(runner.model.parameters()).device


def _head(runner: Runner) -> MatchingHead:
    head = getattr(bare_model(runner), 'head', None)
    if not isinstance(head, MatchingHead):
        raise ValueError(
            f'PseudoLabelHook gives labels to the head of the model, and {type(head).__name__} '
            'takes none: use MatchingHead or one made of it, or leave the hook out'
        )
    return head
