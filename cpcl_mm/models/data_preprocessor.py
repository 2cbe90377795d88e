"""From packed items to normalized batches on the model's device."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from cpcl_mm.registry import MODELS

from .clip_architecture import get_clip_settings


@MODELS.register_module()
class ImageTextPreprocessor(BaseDataPreprocessor):
    """Batches the images and the captions of items that may lack either.

    Mean and standard deviation are given, or are those of a CLIP model::

        data_preprocessor = dict(
            type='ImageTextPreprocessor', architecture='ViT-B-16-SigLIP', pretrained='webli'
        )

    Args:
        mean (Sequence[float], optional): Mean of the three channels, 0-255, in the order of
            ``to_rgb``.
        std (Sequence[float], optional): Standard deviation, likewise.
        to_rgb (bool): Turn BGR, as mmcv decodes, into RGB. Defaults to True.
        non_blocking (bool): Copy to the device without waiting. Defaults to True.
        architecture (str | dict, optional): The CLIP architecture that mean and std are looked up
            for, see :func:`~cpcl_mm.models.clip_architecture.get_clip_settings`.
        pretrained (str, optional): Its weights, as the towers take them.

    Raises:
        ValueError: If neither mean and std nor an architecture is given, or both.
    """

    def __init__(
        self,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        to_rgb: bool = True,
        non_blocking: bool = True,
        architecture: str | dict[str, Any] | None = None,
        pretrained: str | None = None,
    ) -> None:
        super().__init__(non_blocking=non_blocking)
        self.to_rgb = to_rgb
        if architecture is not None and mean is None and std is None:
            settings = get_clip_settings(architecture, pretrained)
            mean, std = settings.mean, settings.std
        elif architecture is not None or mean is None or std is None:
            raise ValueError(
                'ImageTextPreprocessor takes mean and std, or else the architecture to look them '
                f'up for, not mean={mean}, std={std} and architecture={architecture!r}'
            )
        self.register_buffer('mean', torch.tensor(mean).view(3, 1, 1), False)
        self.register_buffer('std', torch.tensor(std).view(3, 1, 1), False)

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Stack and normalize the inputs that any item has.

        Args:
            data (dict): ``inputs``, a dict of tensors (B', ...), as
                :func:`~cpcl_mm.datasets.stack_inputs` makes them, or of lists of B entries: tensors
                of one shape, or None for what an item does not have. uint8 (3, H, W) are images,
                which become float (B', 3, H, W). And ``data_samples``, a list of B samples.
            training (bool): Not read.

        Raises:
            ValueError: If the images of a batch differ in size.
        """
        data = self.cast_data(data)
        inputs = {}
        for name, values in data['inputs'].items():
            if not isinstance(values, Tensor):
                values = [value for value in values if value is not None]
            if len(values):
                inputs[name] = self._normalize(_stack(values))
        return {'inputs': inputs, 'data_samples': data['data_samples']}

    def _normalize(self, batch: Tensor) -> Tensor:
        """Turn images to RGB and normalize them; all else is unchanged."""
        if batch.ndim != 4 or batch.dtype != torch.uint8:
            return batch
        if self.to_rgb:
            batch = batch.flip(1)
        return (batch.float() - self.mean) / self.std


def _stack(tensors: Tensor | list[Tensor]) -> Tensor:
    """Stack what is not stacked yet; images have to be of one size."""
    if isinstance(tensors, Tensor):
        return tensors
    sizes = {tuple(tensor.shape) for tensor in tensors}
    if len(sizes) > 1 and tensors[0].ndim == 3:
        raise ValueError(
            f'images of one batch differ in size: {sorted(sizes)}; put a Resize with '
            'keep_ratio=False, or a crop, into the pipeline'
        )
    return torch.stack(tensors)
