"""Features of the training set for a labeller, shared out over the ranks."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import torch
from mmengine.dist import get_rank
from mmengine.runner import Runner
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.datasets.image_caption_dataset import View
from cpcl_mm.kreciprocal import normalize
from cpcl_mm.pseudo_labels import Samples
from cpcl_mm.utils.sharing import gather_dealt, together

from .bare_model import bare_model

_VIEWS: dict[str, View] = {'image': 'images', 'text': 'captions'}
"""The view of a data set that shows every sample of a modality once."""


def extract_samples(
    runner: Runner,
    modalities: Iterable[str],
    pipeline: list[dict] | None = None,
    batch_size: int = 128,
    num_workers: int = 0,
) -> Samples:
    """Encode every sample of the training set, un-augmented and in eval mode.

    Args:
        runner (Runner): Of the training process.
        modalities (Iterable[str]): Whose features are needed: ``'image'``, ``'text'``.
        pipeline (list[dict], optional): As for :class:`.PseudoLabelHook`, as are the others.
        batch_size (int): Items a batch and rank. Defaults to 128.
        num_workers (int): Worker processes a rank. Defaults to 0.

    Raises:
        ValueError: If features are not finite or zero, which are named, or there is no pipeline.
        RuntimeError: If another rank failed.
    """
    dataset: ImageCaptionDataset = runner.train_dataloader.dataset
    features = {}
    # In one order on all ranks, for they gather.
    for modality in sorted(modalities):
        view = dataset.with_view(_VIEWS[modality], extraction_pipeline(runner, pipeline))
        raw = extract_features(runner, view, batch_size, num_workers)
        features[modality] = normalize(raw, f'features of {view.view}', partial(_name, view))
    # Labels index arrays of their own: those of a data set cannot be written.
    return Samples(features, dataset.image_of_caption.copy(), dataset.identity_labels.copy())


def extraction_pipeline(runner: Runner, pipeline: list[dict] | None) -> list[dict]:
    """Give the transforms that are asked for, else those of the test data set, if there is one."""
    if pipeline is not None:
        return pipeline
    loader = runner.cfg.get('test_dataloader')
    if loader is None:
        raise ValueError(
            'features are extracted by the transforms of the test data set, and there is no '
            'test_dataloader: give PseudoLabelHook its pipeline'
        )
    return loader['dataset']['pipeline']


@torch.no_grad()
def extract_features(
    runner: Runner, dataset: ImageCaptionDataset, batch_size: int = 128, num_workers: int = 0
) -> Tensor:
    """Encode every item of a view in eval mode; the model's mode is restored.

    The model returns features by modality in ``mode='tensor'``, or those of its only one. Gives
    (N, D) on the CPU, in the order of the data set, the same on every rank.

    Raises:
        ValueError: If the view is neither ``'images'`` nor ``'captions'``.
        RuntimeError: If another rank failed.
    """
    keys = {view: modality for modality, view in _VIEWS.items()}
    if dataset.view not in keys:
        raise ValueError(f"features are of the view 'images' or 'captions', not {dataset.view!r}")
    model = bare_model(runner)
    settings = dict(
        dataset=dataset,
        batch_size=batch_size,
        num_workers=num_workers,
        sampler=dict(type='DefaultSampler', shuffle=False),
        collate_fn=dict(type='cpcl_mm.stack_inputs'),
    )
    loader = runner.build_dataloader(settings, seed=0)
    was_training = model.training
    model.eval()
    try:
        local = together(lambda: _encode_all(model, loader, keys[dataset.view]))
    finally:
        model.train(was_training)
    return gather_dealt(local, len(dataset))


def _encode_all(model: Any, loader: DataLoader, key: str) -> Tensor:
    """Encode what the sampler deals this rank."""
    batches = tqdm(loader, f'{key}s', leave=False, disable=get_rank() > 0 or None)
    inputs = (model.data_preprocessor(batch, False)['inputs'] for batch in batches)
    found = [model(x, mode='tensor') for x in inputs]
    return torch.cat([x[key] if isinstance(x, dict) else x for x in found])


def _name(dataset: ImageCaptionDataset, index: int) -> str:
    """Path of an image, or a caption with the path of its image."""
    item = dataset.get_item(index)
    if 'caption' not in item:
        return item['img_path']
    return f'{item["caption"]!r} of {dataset.images[item["image_index"]].path}'
