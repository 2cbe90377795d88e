"""Features of every item of a data set, shared out over the ranks."""

from typing import Any

import torch
from mmengine.dist import all_gather, get_rank, get_world_size
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import Tensor
from tqdm import tqdm

from cpcl_mm.datasets import ImageCaptionDataset


@torch.no_grad()
def extract_features(
    runner: Runner, dataset: ImageCaptionDataset, batch_size: int = 128, num_workers: int = 0
) -> Tensor:
    """Encode every item in eval mode; the model's mode is restored.

    Args:
        runner (Runner): The runner whose model encodes.
        dataset (ImageCaptionDataset): Of the view ``'images'`` or ``'captions'``, with test
            transforms.
        batch_size (int): Items a batch and rank. Defaults to 128.
        num_workers (int): Worker processes a rank. Defaults to 0.

    Returns:
        Tensor: L2-normalised features (N, D) on the CPU, in the order of the data set, the same on
        every rank.

    Raises:
        ValueError: If the view is another one.
    """
    keys = {'images': 'image', 'captions': 'text'}
    if dataset.view not in keys:
        raise ValueError(f"features are of the view 'images' or 'captions', not {dataset.view!r}")
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    loader = runner.build_dataloader(_loader_config(dataset, batch_size, num_workers), seed=0)
    was_training = model.training
    model.eval()
    try:
        local = torch.cat(
            [
                _encode(model, batch, keys[dataset.view])
                for batch in tqdm(
                    loader, f'{dataset.view}', leave=False, disable=get_rank() > 0 or None
                )
            ]
        )
    finally:
        model.train(was_training)
    return _gather_in_order(local, len(dataset)).cpu()


def _loader_config(
    dataset: ImageCaptionDataset, batch_size: int, num_workers: int
) -> dict[str, Any]:
    return dict(
        dataset=dataset,
        batch_size=batch_size,
        num_workers=num_workers,
        # Rounds up: every rank has equally many, and all_gather needs that.
        sampler=dict(type='DefaultSampler', shuffle=False),
        collate_fn=dict(type='pseudo_collate'),
    )


def _encode(model: Any, batch: dict[str, Any], key: str) -> Tensor:
    inputs = model.data_preprocessor(batch, False)['inputs']
    return model.extract_feat(inputs)[key]


def _gather_in_order(local: Tensor, total: int) -> Tensor:
    """Undo the sampler's dealing: rank r holds the items r, r + W, r + 2W, ..."""
    if get_world_size() == 1:
        return local
    return torch.stack(all_gather(local), dim=1).flatten(0, 1)[:total]
