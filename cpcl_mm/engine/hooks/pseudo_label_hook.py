"""Clusters the training set before an epoch and hands the pseudo labels over."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.pseudo_labels import (
    PairedSamples,
    PseudoLabels,
    RefinedLabels,
    cluster_centroids,
    label_quality,
)
from cpcl_mm.pseudo_labels.record import save_pseudo_labels
from cpcl_mm.registry import HOOKS, TASK_UTILS

from ..feature_extraction import extract_features


@HOOKS.register_module()
class PseudoLabelHook(Hook):
    """Joins the Runner to clustering, refinement, head and sampler.

    Before every ``interval``-th epoch it encodes each training image and each caption once, with
    test transforms, clusters both modalities, refines the labels, and gives labels and centroids
    to the head (``set_pseudo_labels``) and, where it has that method, to the sampler. Labels and
    memories live in the head's buffers, so a checkpoint holds them and a resumed run goes on with
    them.

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
        """Check that labels from a checkpoint belong to this data set.

        Args:
            runner (Runner): The runner of the training process.

        Raises:
            ValueError: If they do not.
        """
        head, dataset = _head(runner), runner.train_dataloader.dataset
        found = (len(head.image_labels), len(head.text_labels))
        wanted = (len(dataset.images), len(dataset.captions))
        if found not in ((0, 0), wanted):
            raise ValueError(
                f'the checkpoint has pseudo labels of {found[0]} images and {found[1]} captions, '
                f'but the training set has {wanted[0]} and {wanted[1]}: resume with the data set '
                'of the checkpoint, or start anew with load_from instead of resume'
            )

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
        begin = time.perf_counter()
        samples = self._extract(runner)
        seconds['extract'] = time.perf_counter() - begin
        before, refined = self._label(samples, seconds)
        self._hand_over(runner, samples, refined)
        quality = label_quality(before, refined, samples)
        quality.update({f'seconds/{stage}': value for stage, value in seconds.items()})
        self._report(runner, refined, quality)

    def _extract(self, runner: Runner) -> PairedSamples:
        dataset: ImageCaptionDataset = runner.train_dataloader.dataset
        images, captions = (
            extract_features(runner, dataset.with_view(view, self.pipeline), **self.loading)
            for view in ('images', 'captions')
        )
        known = (dataset.identities >= 0).any()
        identities = dataset.identities if known else None
        return PairedSamples(images, captions, dataset.image_of_caption, identities)

    def _label(
        self, samples: PairedSamples, seconds: dict[str, float]
    ) -> tuple[PseudoLabels, RefinedLabels]:
        """Cluster and refine on the main process; every rank gets the same labels."""
        result: list[Any] = [None]
        if is_main_process():
            weights = np.bincount(samples.image_of_caption, minlength=len(samples.image_features))
            labels = {
                'image': self._cluster_one(
                    'image', samples.image_features, weights if self.weigh_images else None, seconds
                ),
                'text': self._cluster_one('text', samples.text_features, None, seconds),
            }
            before = PseudoLabels(**labels)
            begin = time.perf_counter()
            refined = self.refiner(before, samples)
            seconds['refine'] = time.perf_counter() - begin
            result = [(before, refined)]
        broadcast_object_list(result)
        return result[0]

    def _cluster_one(
        self,
        modality: str,
        features: np.ndarray | torch.Tensor,
        weights: np.ndarray | None,
        seconds: dict[str, float],
    ) -> np.ndarray:
        try:
            result = self.clusterers[modality](features, weights)
        except ValueError as error:
            raise ValueError(f'clustering the {modality} features failed: {error}') from error
        seconds.update({f'{modality}_{stage}': value for stage, value in result.seconds.items()})
        return result.labels

    def _hand_over(self, runner: Runner, samples: PairedSamples, refined: RefinedLabels) -> None:
        labels = refined.labels
        _head(runner).set_pseudo_labels(
            torch.from_numpy(labels.image),
            torch.from_numpy(labels.text),
            torch.from_numpy(cluster_centroids(samples.image_features, labels.image)),
            torch.from_numpy(cluster_centroids(samples.text_features, labels.text)),
            torch.from_numpy(samples.image_of_caption.copy()),
        )

    @staticmethod
    def _inform_sampler(runner: Runner) -> None:
        sampler, head = runner.train_dataloader.sampler, _head(runner)
        if hasattr(sampler, 'set_pseudo_labels') and len(head.image_labels):
            sampler.set_pseudo_labels(
                head.image_labels.cpu().numpy(), head.text_labels.cpu().numpy()
            )

    def _report(self, runner: Runner, refined: RefinedLabels, quality: dict[str, float]) -> None:
        """Log a line, write scalars, and keep the labels for pictures."""
        if not is_main_process():
            return
        epoch = runner.epoch + 1
        runner.logger.info(f'Pseudo labels before epoch {epoch}: {_describe(quality)}')
        for modality in ('image', 'text'):
            if quality[f'{modality}/clusters'] == 0:
                runner.logger.warning(
                    f'No {modality} cluster at all: all {modality} samples are outliers in epoch '
                    f'{epoch}. Raise eps, lower min_samples or k1 of the clusterer, or train '
                    'longer before the first clustering (start).'
                )
        scalars = {f'pseudo_labels/{key}': value for key, value in quality.items()}
        runner.visualizer.add_scalars(scalars, step=epoch)
        save_pseudo_labels(Path(runner.work_dir, 'pseudo_labels'), epoch, refined, quality)


def _head(runner: Runner) -> Any:
    """The head, also behind a distributed wrapper."""
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    return model.head


def _describe(quality: dict[str, float]) -> str:
    """One readable line a modality."""
    lines = []
    for modality in ('image', 'text'):
        value = {
            key.split('/')[1]: number
            for key, number in quality.items()
            if key.startswith(f'{modality}/')
        }
        line = (
            f'{modality} {value["clusters"]:.0f} clusters, outliers '
            f'{value["outliers_before"]:.0f} -> {value["outliers"]:.0f}'
        )
        for key, name in (
            ('purity', 'purity'),
            ('nmi', 'NMI'),
            ('ari', 'ARI'),
            ('mined_right_share', 'mined right'),
        ):
            if key in value:
                line += f', {name} {value[key]:.3f}'
        lines.append(line)
    seconds = sum(number for key, number in quality.items() if key.startswith('seconds/'))
    return '; '.join(lines) + f'; {seconds:.1f} s'
