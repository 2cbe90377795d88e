"""Clusters the training set before an epoch and hands the pseudo labels over."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.datasets.image_caption_dataset import View
from cpcl_mm.pseudo_labels import (
    PairedSamples,
    PseudoLabels,
    RefinedLabels,
    cluster_centroids,
    label_quality,
)
from cpcl_mm.registry import HOOKS, TASK_UTILS
from cpcl_mm.utils.main_process import run_on_main

from ..averaged_models import resize_averaged_buffers
from ..feature_check import check_features
from ..feature_extraction import extract_features
from ..label_report import report_labels

# The view of the data set that shows every sample of a modality once.
_VIEWS: dict[str, View] = {'image': 'images', 'text': 'captions'}


@HOOKS.register_module()
class PseudoLabelHook(Hook):
    """Joins the Runner to clustering, refinement, head and sampler.

    Before every ``interval``-th epoch it encodes each training image and each caption once, with
    test transforms, clusters both modalities, refines the labels, and gives labels and centroids
    to the head (``set_pseudo_labels``) and, where it has that method, to the sampler. Labels and
    memories live in the head's buffers, so a checkpoint holds them and a resumed run goes on with
    them. A head whose ``modalities`` are images alone, such as :class:`ClusterContrastHead`, gets
    labels of images alone, and captions are never read.

    With EMAHook, clusters are made by the weights that train; the averaged ones are for
    validation, test and checkpoints.

    Args:
        pipeline (list[dict]): Test transforms for the extraction.
        clusterer (dict): Config of the clusterer of images, and of captions where
            ``text_clusterer`` is not given. Defaults to JaccardDBSCAN with its defaults.
        text_clusterer (dict, optional): Config of the clusterer of captions. Defaults to None.
        refiner (dict): Config of the refiner. Defaults to OutlierMining.
        start (int): Number of epochs before the first clustering, trained with the instance loss
            alone. Defaults to 0.
        interval (int): Epochs from one clustering to the next. Defaults to 1.
        weigh_images (bool): Count an image as many times as it has captions towards
            ``min_samples``; the widely used implementations cluster a row for every pair, which
            does the same. Defaults to False.
        batch_size (int): Items a batch and rank in the extraction. Defaults to 128.
        num_workers (int): Worker processes a rank in the extraction. Defaults to 0.

    Raises:
        ValueError: If ``start`` or ``interval`` is out of its range.
    """

    # After the seeds of the epoch, before the sampler starts it.
    priority = 'ABOVE_NORMAL'

    def __init__(
        self,
        pipeline: list[dict],
        clusterer: dict | None = None,
        text_clusterer: dict | None = None,
        refiner: dict | None = None,
        start: int = 0,
        interval: int = 1,
        weigh_images: bool = False,
        batch_size: int = 128,
        num_workers: int = 0,
    ) -> None:
        if start < 0 or interval < 1:
            raise ValueError(f'start={start} must be >= 0 and interval={interval} >= 1')
        clusterer = clusterer or dict(type='JaccardDBSCAN')
        self.clusterers = {
            'image': TASK_UTILS.build(clusterer),
            'text': TASK_UTILS.build(text_clusterer or clusterer),
        }
        self.refiner = TASK_UTILS.build(refiner or dict(type='OutlierMining'))
        self.pipeline = pipeline
        self.start, self.interval = start, interval
        self.weigh_images = weigh_images
        self.loading = dict(batch_size=batch_size, num_workers=num_workers)

    def before_train(self, runner: Runner) -> None:
        """Check that the head takes labels, and that those of a checkpoint fit this data set.

        Args:
            runner (Runner): The runner of the training process.

        Raises:
            ValueError: If they do not.
        """
        head = _head(runner)
        if self.weigh_images and 'text' not in head.modalities:
            raise ValueError(
                'weigh_images=True weighs an image by its captions, and '
                f'{type(head).__name__} learns from images alone: leave it out'
            )
        _check_loaded_labels(head, runner.train_dataloader.dataset)
        resize_averaged_buffers(runner)

    def before_train_epoch(self, runner: Runner) -> None:
        """Cluster, if it is time, and see that the sampler has the labels.

        Args:
            runner (Runner): The runner of the training process.
        """
        since_start = runner.epoch - self.start
        if since_start >= 0 and since_start % self.interval == 0:
            self._cluster(runner)
        self._inform_sampler(runner)

    def _cluster(self, runner: Runner) -> None:
        seconds: dict[str, float] = {}
        with _timed(seconds, 'extract'):
            samples = self._extract(runner)
        before = self._label(samples, seconds)
        with _timed(seconds, 'refine'):
            # By one process: labels that differ between ranks would go unnoticed.
            refined = run_on_main(self.refiner, before, samples)
        self._hand_over(runner, samples, refined)
        quality = label_quality(before, refined, samples)
        quality.update({f'seconds/{stage}': value for stage, value in seconds.items()})
        run_on_main(report_labels, runner, refined, quality)

    def _extract(self, runner: Runner) -> PairedSamples:
        dataset: ImageCaptionDataset = runner.train_dataloader.dataset
        features = {}
        for modality in _head(runner).modalities:
            view = dataset.with_view(_VIEWS[modality], self.pipeline)
            features[modality] = extract_features(runner, view, **self.loading)
            check_features(features[modality], view)
        known = (dataset.identities >= 0).any()
        identities = dataset.identities if known else None
        if 'text' not in features:
            return PairedSamples.images_alone(features['image'], identities)
        return PairedSamples(
            features['image'], features['text'], dataset.image_of_caption, identities
        )

    def _label(self, samples: PairedSamples, seconds: dict[str, float]) -> PseudoLabels:
        """Cluster on every rank at once: clusterers share the work, and agree on the labels.

        An error is raised where it happens. To wait for the other ranks here would meet them in
        the midst of a clusterer's own communication.
        """
        weights = None
        if self.weigh_images:
            weights = np.bincount(samples.image_of_caption, minlength=len(samples.image_features))
        return PseudoLabels(
            image=self._cluster_one('image', samples.image_features, weights, seconds),
            text=self._cluster_one('text', samples.text_features, None, seconds),
        )

    def _cluster_one(
        self,
        modality: str,
        features: np.ndarray | torch.Tensor,
        weights: np.ndarray | None,
        seconds: dict[str, float],
    ) -> np.ndarray:
        if len(features) == 0:
            return np.empty(0, dtype=np.int64)
        try:
            result = self.clusterers[modality](features, weights)
        except ValueError as error:
            raise ValueError(f'clustering the {modality} features failed: {error}') from error
        seconds.update({f'{modality}_{stage}': value for stage, value in result.seconds.items()})
        return result.labels

    def _hand_over(self, runner: Runner, samples: PairedSamples, refined: RefinedLabels) -> None:
        head, arrays = _head(runner), {}
        for modality in head.modalities:
            labels = getattr(refined.labels, modality)
            features = getattr(samples, f'{modality}_features')
            arrays[f'{modality}_labels'] = labels
            arrays[f'{modality}_centroids'] = cluster_centroids(features, labels)
        if 'text' in head.modalities:
            arrays['image_of_caption'] = samples.image_of_caption.copy()
        head.set_pseudo_labels(**{name: torch.from_numpy(x) for name, x in arrays.items()})
        resize_averaged_buffers(runner)

    @staticmethod
    def _inform_sampler(runner: Runner) -> None:
        sampler, head = runner.train_dataloader.sampler, _head(runner)
        if hasattr(sampler, 'set_pseudo_labels') and len(head.image_labels):
            names = [f'{modality}_labels' for modality in head.modalities]
            sampler.set_pseudo_labels(**{name: getattr(head, name).cpu().numpy() for name in names})


def _head(runner: Runner) -> Any:
    """The head, also behind a distributed wrapper."""
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    head = getattr(model, 'head', None)
    if not hasattr(head, 'set_pseudo_labels'):
        raise ValueError(
            f'PseudoLabelHook gives labels to the head of the model, and {type(head).__name__} '
            'takes none: use PrototypicalMemoryHead or ClusterContrastHead, or leave the hook out'
        )
    return head


def _check_loaded_labels(head: Any, dataset: ImageCaptionDataset) -> None:
    """Refuse labels of another number of samples than the data set has."""
    views = [_VIEWS[modality] for modality in head.modalities]
    found = [len(getattr(head, f'{modality}_labels')) for modality in head.modalities]
    wanted = [len(getattr(dataset, view)) for view in views]
    if any(found) and found != wanted:
        counts = ' and '.join(f'{n} {view}' for n, view in zip(found, views, strict=True))
        raise ValueError(
            f'the checkpoint has pseudo labels of {counts}, but the training set has '
            f'{" and ".join(map(str, wanted))}: resume with the data set of the checkpoint, '
            'or start anew with load_from instead of resume'
        )


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - start
