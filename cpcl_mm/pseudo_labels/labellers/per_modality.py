"""CPCL's labels: images and captions are clustered separately, then refined together."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from cpcl_mm.kreciprocal import ClusterResult
from cpcl_mm.registry import TASK_UTILS
from cpcl_mm.utils.sharing import run_on_main

from ..labels import Labels
from ..samples import Samples
from .labeller import Labeller


@TASK_UTILS.register_module()
class PerModality(Labeller):
    """Cluster each modality by its own features, then refine the labels.

    The labels of CPCL (arXiv 2401.10011) with ``refine=[dict(type='OutlierMining')]``; with
    ``image`` alone those of re-identification by images.

    Args:
        image (dict, optional): Config of the clusterer of images, such as
            :class:`.JaccardDBSCAN`; or of another labeller, whose labels of images are taken.
            Defaults to None: images get no labels.
        text (dict, optional): The same for captions. Defaults to None.
        refine (Sequence[dict]): Configs of refiners, which go from labels and samples to better
            labels, such as :class:`.OutlierMining`; applied in this order. Defaults to none.
        weigh_images (bool): Count an image as many times as it has captions towards the size of a
            cluster; the widely used implementations cluster a row for every pair, which does the
            same. Defaults to False.

    Raises:
        TypeError: If a source or a refiner is neither built from a config nor fit to be one.
        ValueError: If neither modality is clustered.
    """

    def __init__(
        self,
        image: Mapping[str, Any] | None = None,
        text: Mapping[str, Any] | None = None,
        refine: Iterable[Mapping[str, Any]] = (),
        weigh_images: bool = False,
    ) -> None:
        sources = {'image': image, 'text': text}
        self.sources = {m: _build_source(cfg) for m, cfg in sources.items() if cfg is not None}
        if not self.sources:
            raise ValueError(
                'PerModality labels nothing: give a clusterer of images or of captions'
            )
        self.refiners = [_build_refiner(refiner) for refiner in refine]
        self.weigh_images = weigh_images
        nested = [source.needs for source in self.sources.values() if isinstance(source, Labeller)]
        clustered = {m for m, source in self.sources.items() if not isinstance(source, Labeller)}
        refined = [refiner.needs for refiner in self.refiners]
        self.needs = frozenset(clustered).union(*nested, *refined)
        self.needs_identities = any(
            getattr(source, 'needs_identities', False) for source in self.sources.values()
        )

    def label(self, samples: Samples) -> Labels:
        """Cluster on every rank, for clusterers share the work; refine on the main one."""
        found = {modality: self._label_one(modality, samples) for modality in self.sources}
        labels = Labels(
            {m: one.of[m] for m, one in found.items()},
            mined={m: one.mined[m] for m, one in found.items() if m in one.mined},
            confidence={m: one.confidence[m] for m, one in found.items() if m in one.confidence},
            seconds={f'{m}_{k}': v for m, one in found.items() for k, v in one.seconds.items()},
        )
        # By one process: labels that differ between ranks would go unnoticed.
        return run_on_main(self._refine, labels, samples) if self.refiners else labels

    def _label_one(self, modality: str, samples: Samples) -> Labels:
        """Label a modality, on every rank at once, for clusterers share the work.

        An error is raised where it happens. To wait for the other ranks here would meet them in the
        midst of a clusterer's own communication.
        """
        source = self.sources[modality]
        if isinstance(source, Labeller):
            return source(samples)
        weighed = self.weigh_images and modality == 'image'
        weights = samples.captions_of_image if weighed else None
        try:
            result: ClusterResult = source.cluster(samples.features[modality], weights)
        except ValueError as error:
            raise ValueError(f'clustering the {modality} features failed: {error}') from error
        return Labels({modality: result.labels}, seconds=result.seconds)

    def _refine(self, labels: Labels, samples: Samples) -> Labels:
        start, before = time.perf_counter(), labels.of
        for refiner in self.refiners:
            labels = refiner(labels, samples)
        seconds = {**labels.seconds, 'refine': time.perf_counter() - start}
        return replace(labels, before=before, seconds=seconds)


def _build_source(config: Mapping[str, Any]) -> Any:
    source = TASK_UTILS.build(config)
    if not isinstance(source, Labeller) and not hasattr(source, 'cluster'):
        raise TypeError(
            f'{type(source).__name__} is no clusterer: it needs cluster(features, weights) -> '
            'ClusterResult'
        )
    return source


def _build_refiner(config: Mapping[str, Any]) -> Any:
    if not isinstance(config, Mapping):
        raise TypeError(f'refine is a list of configs, and {config!r} in it is none')
    refiner = TASK_UTILS.build(config)
    if not callable(refiner) or not hasattr(refiner, 'needs'):
        raise TypeError(
            f'{type(refiner).__name__} is no refiner: it needs __call__(labels, samples) and '
            'needs, the modalities whose features it reads'
        )
    return refiner
