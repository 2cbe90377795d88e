"""Two towers, one embedding space, one head."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import torch.nn.functional as F
from mmengine.model import BaseModel
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from cpcl_mm.registry import MODELS

from ..backbones import CLIPTower
from ..backbones.tokens import has_tokens

Inputs = dict[str, Tensor]


@MODELS.register_module()
class TextToImageRetriever(BaseModel):
    """Finds images by a sentence.

    Args:
        image_backbone (dict): Config of the image tower, :class:`CLIPImageTower` or any
            mmpretrain backbone.
        text_backbone (dict): Config of the text tower.
        head (dict, optional): Config of the head, which turns features into losses. Defaults to
            None: the model only encodes.
        image_neck (dict, optional): From the image tower's output to (N, D). Defaults to None.
        text_neck (dict, optional): From the text tower's output to (N, D). Defaults to None.
        encoders (dict[str, str], optional): Names of inputs and the tower that encodes them,
            ``'image'`` or ``'text'``, added to :attr:`ENCODERS`. Other inputs go to the head as
            they are. Defaults to None.
        data_preprocessor (dict, optional): Config of the preprocessor. Defaults to None.
        init_cfg (dict, optional): Initialization config of mmengine. Defaults to None.

    Raises:
        ValueError: If two CLIP towers without a neck differ in the width of their features, or a
            loss reads tokens that a tower does not give. Of other backbones and of necks, the first
            batch of images and captions tells.
    """

    ENCODERS: Mapping[str, str] = {'image': 'image', 'text': 'text', 'masked_text': 'text'}

    def __init__(
        self,
        image_backbone: dict,
        text_backbone: dict,
        head: dict | None = None,
        image_neck: dict | None = None,
        text_neck: dict | None = None,
        encoders: Mapping[str, str] | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        self.image_backbone: nn.Module = MODELS.build(image_backbone)
        self.text_backbone: nn.Module = MODELS.build(text_backbone)
        self.image_neck = None if image_neck is None else MODELS.build(image_neck)
        self.text_neck = None if text_neck is None else MODELS.build(text_neck)
        self.encoders = {**self.ENCODERS, **(encoders or {})}
        self.head: Any = None if head is None else MODELS.build(head)
        towers = {'image': self.image_backbone, 'text': self.text_backbone}
        if image_neck is None and text_neck is None:
            _check_widths(
                {k: tower.embed_dims for k, tower in towers.items() if isinstance(tower, CLIPTower)}
            )
        unknown = sorted(self._wanted_tokens() - self.encoders.keys())
        if unknown:
            raise ValueError(
                f'a loss reads tokens of {unknown}, and encoded are {sorted(self.encoders)}: '
                'correct its tokens, or name their tower by encoders'
            )
        for name in self._wanted_tokens():
            _check_tokens(name, towers[self.encoders[name]])

    def forward(
        self, inputs: Inputs, data_samples: list[DataSample] | None = None, mode: str = 'tensor'
    ) -> Any:
        """Do what ``mode`` says, on ``image`` (N, 3, H, W) and / or ``text`` (M, L).

        Args:
            inputs (dict[str, Tensor]): By name.
            data_samples (list[DataSample], optional): One a sample; needed for ``'loss'``.
            mode (str): ``'tensor'`` returns features (:meth:`extract_feat`), ``'loss'`` a dict of
                losses, ``'predict'`` data samples with features.

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
        """Encode what is there to L2-normalized features (N, D), fp32, by the same keys.

        Args:
            inputs (dict[str, Tensor]): Any of ``image`` (N, 3, H, W), ``text`` (M, L),
                ``masked_text`` (M, L) and further ones of :attr:`encoders`.

        Raises:
            ValueError: If the towers differ in D.
        """
        return self._encode(inputs, frozenset())

    def loss(self, inputs: Inputs, data_samples: list[DataSample]) -> dict[str, Tensor]:
        """Compute the losses of a batch of image-caption pairs.

        Args:
            inputs (dict[str, Tensor]): ``image`` (B, 3, H, W), ``text`` (B, L) and what else the
                pipeline packs; what no tower encodes reaches the head as it is.
            data_samples (list[DataSample]): B samples with ``image_index`` and ``caption_index``.

        Raises:
            ValueError: If the model has no head.
        """
        if self.head is None:
            raise ValueError('this model has no head, so it only encodes: give it one to train')
        encoded = {name: x for name, x in inputs.items() if name in self.encoders}
        others = {name: x for name, x in inputs.items() if name not in self.encoders}
        features = self._encode(encoded, self._wanted_tokens())
        return self.head.loss({**features, **others}, data_samples)

    def _wanted_tokens(self) -> frozenset[str]:
        """Give inputs of which a loss reads tokens; heads of other packages know none."""
        return getattr(self.head, 'tokens', frozenset())

    def _encode(self, inputs: Inputs, tokens: Collection[str]) -> dict[str, Tensor]:
        """Encode inputs, some also to projected tokens, ``<name>_tokens`` (N, P, D)."""
        text = (self.text_backbone, self.text_neck)
        towers = {'image': (self.image_backbone, self.image_neck), 'text': text}
        features, widths = {}, {}
        for name, x in inputs.items():
            backbone, neck = towers[self.encoders[name]]
            if name in tokens:
                pooled, projected = backbone.forward_tokens(x)  # type: ignore[operator]
                features[f'{name}_tokens'] = projected.float()
            else:
                pooled = backbone(x)
            features[name] = _to_feature(pooled, neck)
            widths[self.encoders[name]] = features[name].shape[-1]
        _check_widths(widths)
        return features

    def predict(
        self, inputs: Inputs, data_samples: list[DataSample] | None = None
    ) -> list[DataSample]:
        """Encode items of one modality each; their samples get a ``feature`` (D,).

        Args:
            inputs (dict[str, Tensor]): ``image`` (N, 3, H, W) and / or ``text`` (M, L).
            data_samples (list[DataSample], optional): N + M samples in the order of the items,
                their ``modality`` ``'image'`` or ``'text'``. Defaults to None: fresh ones, images
                first.

        Raises:
            ValueError: If the numbers do not fit, as they do not for pairs.
        """
        features = self.extract_feat(inputs)
        rows = {key: list(value) for key, value in features.items()}
        numbers = {key: len(rows.get(key, [])) for key in ('image', 'text')}
        if data_samples is None:
            data_samples = [
                DataSample(metainfo=dict(modality=key))
                for key in numbers
                for _ in range(numbers[key])
            ]
        if Counter(sample.modality for sample in data_samples) != Counter(numbers):
            raise ValueError(
                f'{len(data_samples)} samples for {numbers["image"]} images and {numbers["text"]} '
                'captions: prediction takes one modality an item, '
                "view='images', 'captions' or 'retrieval'"
            )
        for sample in data_samples:
            sample.feature = rows[sample.modality].pop(0)
        return data_samples


def _to_feature(out: Tensor | tuple[Tensor, ...], neck: nn.Module | None) -> Tensor:
    """L2-normalize what a tower gives; backbones and necks of mmpretrain return tuples."""
    if neck is not None:
        out = neck(out)
    if isinstance(out, tuple):
        out = out[-1]
    return F.normalize(out.float(), dim=-1)


def _check_tokens(name: str, tower: nn.Module) -> None:
    """Refuse a tower that gives no tokens."""
    if not isinstance(tower, CLIPTower) or not has_tokens(tower.tower):
        kind = tower.architecture if isinstance(tower, CLIPTower) else type(tower).__name__
        raise ValueError(
            f'a loss reads tokens of {name!r}, and {kind} gives none: use CLIPImageTower or '
            'CLIPTextTower with a transformer such as ViT-B-16, or leave the loss out'
        )


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
