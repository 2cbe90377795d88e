"""Two towers, one embedding space, one head."""

from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from cpcl_mm.registry import MODELS

from ..backbones import CLIPTower

Inputs = dict[str, Tensor]


@MODELS.register_module()
class TextToImageRetriever(BaseModel):
    """Finds images by a sentence.

    Args:
        image_backbone (dict): Config of the image tower, :class:`CLIPImageTower` or any
            mmpretrain backbone.
        text_backbone (dict): Config of the text tower.
        head (dict): Config of the head, which turns features into losses.
        image_neck (dict, optional): From the image tower's output to (N, D). Defaults to None.
        text_neck (dict, optional): From the text tower's output to (N, D). Defaults to None.
        data_preprocessor (dict, optional): Config of the preprocessor. Defaults to None.
        init_cfg (dict, optional): Initialisation config of mmengine. Defaults to None.

    Raises:
        ValueError: If two CLIP towers without a neck differ in the width of their features. Of
            other backbones and of necks, the first batch of images and captions tells.
    """

    def __init__(
        self,
        image_backbone: dict,
        text_backbone: dict,
        head: dict,
        image_neck: dict | None = None,
        text_neck: dict | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        self.image_backbone: nn.Module = MODELS.build(image_backbone)
        self.text_backbone: nn.Module = MODELS.build(text_backbone)
        self.image_neck = None if image_neck is None else MODELS.build(image_neck)
        self.text_neck = None if text_neck is None else MODELS.build(text_neck)
        self.head: Any = MODELS.build(head)
        towers = {'image': self.image_backbone, 'text': self.text_backbone}
        if image_neck is None and text_neck is None:
            _check_widths(
                {k: tower.embed_dims for k, tower in towers.items() if isinstance(tower, CLIPTower)}
            )

    def forward(
        self, inputs: Inputs, data_samples: list[DataSample] | None = None, mode: str = 'tensor'
    ) -> Any:
        """Dispatch to one of three ways of use.

        Args:
            inputs (dict[str, Tensor]): ``image`` (N, 3, H, W) and / or ``text`` (M, L).
            data_samples (list[DataSample], optional): One a sample; needed for ``'loss'``.
            mode (str): ``'tensor'`` returns features (:meth:`extract_feat`), ``'loss'`` a dict of
                losses, ``'predict'`` data samples with features.

        Returns:
            dict[str, Tensor] | list[DataSample]: As ``mode`` says.

        Raises:
            ValueError: If ``mode`` is none of the three.
        """
        if mode == 'tensor':
            return self.extract_feat(inputs)
        if mode == 'loss':
            return self.loss(inputs, data_samples or [])
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        raise ValueError(f"mode must be 'tensor', 'loss' or 'predict', not {mode!r}")

    def extract_feat(self, inputs: Inputs) -> dict[str, Tensor]:
        """Encode what is there.

        Args:
            inputs (dict[str, Tensor]): Any of ``image`` (N, 3, H, W), ``text`` (M, L) and
                ``masked_text`` (M, L).

        Returns:
            dict[str, Tensor]: By the same keys, L2-normalised features (N, D) or (M, D), fp32.

        Raises:
            ValueError: If the towers differ in D.
        """
        text = (self.text_backbone, self.text_neck)
        image = (self.image_backbone, self.image_neck)
        towers = {'image': image, 'text': text, 'masked_text': text}
        features = {key: _encode(*towers[key], x) for key, x in inputs.items()}
        _check_widths({key: feature.shape[-1] for key, feature in features.items()})
        return features

    def loss(self, inputs: Inputs, data_samples: list[DataSample]) -> dict[str, Tensor]:
        """Compute the losses of a batch of image-caption pairs.

        Args:
            inputs (dict[str, Tensor]): ``image`` (B, 3, H, W), ``text`` (B, L) and, where the
                pipeline masks tokens, ``masked_text`` (B, L).
            data_samples (list[DataSample]): B samples with ``image_index`` and ``caption_index``.

        Returns:
            dict[str, Tensor]: Scalars.
        """
        features = self.extract_feat(inputs)
        # Mixed precision is for the towers: similarities over a temperature of 0.02 reach 50, where
        # bfloat16 counts in steps of a quarter.
        with torch.autocast(features['image'].device.type, enabled=False):
            return self.head.loss(**features, data_samples=data_samples)

    def predict(
        self, inputs: Inputs, data_samples: list[DataSample] | None = None
    ) -> list[DataSample]:
        """Encode items of one modality each.

        Args:
            inputs (dict[str, Tensor]): ``image`` (N, 3, H, W) and / or ``text`` (M, L).
            data_samples (list[DataSample], optional): N + M samples in the order of the items,
                those of captions with ``caption_index`` >= 0. Defaults to None: fresh ones, images
                first.

        Returns:
            list[DataSample]: The samples, each with its ``feature`` (D,).

        Raises:
            ValueError: If the numbers do not fit, as they do not for pairs.
        """
        features = self.extract_feat(inputs)
        rows = {key: list(value) for key, value in features.items()}
        num_images, num_texts = len(rows.get('image', [])), len(rows.get('text', []))
        if data_samples is None:
            data_samples = [DataSample(metainfo=dict(caption_index=-1)) for _ in range(num_images)]
            data_samples += [DataSample(metainfo=dict(caption_index=0)) for _ in range(num_texts)]
        if len(data_samples) != num_images + num_texts:
            raise ValueError(
                f'{len(data_samples)} samples for {num_images} images and {num_texts} captions: '
                "prediction takes one modality an item, view='images', 'captions' or 'retrieval'"
            )
        for sample in data_samples:
            key = 'text' if sample.caption_index >= 0 else 'image'
            sample.feature = rows[key].pop(0)
        return data_samples


def _encode(backbone: nn.Module, neck: nn.Module | None, x: Tensor) -> Tensor:
    """Run a tower and its neck; backbones and necks of mmpretrain return tuples."""
    out = backbone(x)
    if neck is not None:
        out = neck(out)
    if isinstance(out, tuple):
        out = out[-1]
    return F.normalize(out.float(), dim=-1)


def _check_widths(widths: dict[str, int]) -> None:
    """Refuse features that cannot be compared; ``widths`` is what there is, by modality."""
    if len(set(widths.values())) > 1:
        image, text = widths['image'], widths['text']
        raise ValueError(
            f'image features have {image} dimensions and caption features {text}, so they cannot '
            'be compared: project one of them, for example by image_neck=dict(type="LinearNeck", '
            f'in_channels={image}, out_channels={text}, norm_cfg=None), with gap_dim=2 where the '
            'backbone returns a map, or take both towers from the same CLIP architecture'
        )
