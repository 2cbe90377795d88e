"""From a list of packed items to normalised batches on the model's device."""

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from cpcl_mm.registry import MODELS


@MODELS.register_module()
class ImageTextPreprocessor(BaseDataPreprocessor):
    """Batches the images and the captions of items that may lack either.

    Args:
        mean (Sequence[float]): Mean of the three channels, 0-255, in the order of ``to_rgb``.
        std (Sequence[float]): Standard deviation, likewise.
        to_rgb (bool): Turn BGR, as mmcv decodes, into RGB. Defaults to True.
        non_blocking (bool): Copy to the device without waiting. Defaults to True.
    """

    def __init__(
        self,
        mean: Sequence[float],
        std: Sequence[float],
        to_rgb: bool = True,
        non_blocking: bool = True,
    ) -> None:
        super().__init__(non_blocking=non_blocking)
        self.to_rgb = to_rgb
        self.register_buffer('mean', torch.tensor(mean).view(3, 1, 1), False)
        self.register_buffer('std', torch.tensor(std).view(3, 1, 1), False)

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Stack and normalise.

        Args:
            data (dict): ``inputs``, a dict of lists of B entries: ``image`` uint8 (3, H, W) or
                None, ``text`` int64 (L,) or None; and ``data_samples``, a list of B samples.
            training (bool): Not read.

        Returns:
            dict: ``inputs`` with ``image`` float (B', 3, H, W) and ``text`` int64 (B'', L) where
            there are any, and ``data_samples``.

        Raises:
            ValueError: If the images of a batch differ in size.
        """
        data = self.cast_data(data)
        images = [image for image in data['inputs']['image'] if image is not None]
        texts = [text for text in data['inputs']['text'] if text is not None]
        inputs = {}
        if images:
            inputs['image'] = self._normalise(images)
        if texts:
            inputs['text'] = torch.stack(texts)
        return {'inputs': inputs, 'data_samples': data['data_samples']}

    def _normalise(self, images: list[Tensor]) -> Tensor:
        sizes = {tuple(image.shape) for image in images}
        if len(sizes) > 1:
            raise ValueError(
                f'images of one batch differ in size: {sorted(sizes)}; put a Resize with '
                'keep_ratio=False, or a crop, into the pipeline'
            )
        batch = torch.stack(images)
        if self.to_rgb:
            batch = batch.flip(1)
        return (batch.float() - self.mean) / self.std
