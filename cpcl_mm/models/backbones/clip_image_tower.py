"""The image tower of a CLIP model, and the positions of rectangular images."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import open_clip
import torch
import torch.nn.functional as F
from mmengine.utils import to_2tuple
from open_clip.modified_resnet import ModifiedResNet
from open_clip.timm_model import TimmModel
from torch import Tensor, nn

from cpcl_mm.registry import MODELS

from ..clip_architecture import get_architecture
from .clip_tower import CLIPTower

# open_clip builds both towers; the one that is not wanted is built as small as it can be.
_NO_TEXT = dict(context_length=1, vocab_size=1, width=1, heads=1, layers=1)
_RESNET_STRIDE = 32

Interpolation = Literal['bicubic', 'bilinear']
Grid = tuple[int, int]


@MODELS.register_module()
class CLIPImageTower(CLIPTower):
    """Image tower of any open_clip architecture: ViT, modified ResNet or timm model.

    Args:
        architecture (str | dict): Name of an open_clip architecture, or its model config.
            ``ViT-B-16-quickgelu`` is the one that OpenAI's weights belong to.
        image_size (tuple[int, int], optional): Height and width of the input in pixels. Position
            embeddings of pretrained weights are interpolated to it. Defaults to None: the
            architecture's own.
        interpolation (str): ``'bicubic'`` or ``'bilinear'``. Defaults to ``'bicubic'``.
        pretrained_grid (tuple[int, int], optional): Rows and columns of the position embeddings
            in ``pretrained``, where they can be neither the architecture's own, nor this tower's,
            nor a square. Defaults to None.
        **kwargs: ``pretrained``, ``frozen_stages``, ``lora``, ``with_cp``, ``token_attention`` and
            ``init_cfg`` of :class:`CLIPTower`.

    Examples:
        >>> import torch
        >>> from cpcl_mm.models import CLIPImageTower
        >>> tower = CLIPImageTower('RN50', image_size=(64, 32))
        >>> tower(torch.rand(2, 3, 64, 32))[0].shape
        torch.Size([2, 1024])
    """

    kind = 'visual'

    def __init__(
        self,
        architecture: str | dict[str, Any],
        image_size: tuple[int, int] | None = None,
        interpolation: Interpolation = 'bicubic',
        pretrained_grid: Grid | None = None,
        **kwargs: Any,
    ) -> None:
        self.native_size = _pair(get_architecture(architecture)['vision_cfg']['image_size'])
        self.image_size = self.native_size if image_size is None else _pair(image_size)
        self.interpolation = interpolation
        self.pretrained_grid = None if pretrained_grid is None else _pair(pretrained_grid)
        super().__init__(architecture, **kwargs)

    def _build(self, config: dict[str, Any]) -> nn.Module:
        vision = config['vision_cfg']
        # Weights of the image tower alone would be a download that nobody asked for.
        vision['timm_model_pretrained'] = False
        is_resnet = isinstance(vision.get('layers'), list | tuple)
        vision['image_size'] = max(self.image_size) if is_resnet else self.image_size
        quick_gelu = config.get('quick_gelu', False)
        tower = open_clip.CustomTextCLIP(config['embed_dim'], vision, _NO_TEXT, quick_gelu).visual
        if isinstance(tower, ModifiedResNet):
            _make_rectangular(tower, self.image_size)
        elif isinstance(tower, TimmModel) and hasattr(tower.trunk, 'set_input_size'):
            # open_clip ignores the image size of a timm model.
            tower.trunk.set_input_size(img_size=self.image_size)
        return tower

    def _adapt(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        for key in ('positional_embedding', 'attnpool.positional_embedding', 'trunk.pos_embed'):
            if key in weights and key in self.tower.state_dict():
                target = self.tower.state_dict()[key]
                weights[key] = self._resize(weights[key].squeeze(0), target).view(
                    *target.shape[:-2], -1, weights[key].shape[-1]
                )
        return weights

    def _resize(self, embedding: Tensor, target: Tensor) -> Tensor:
        """Interpolate (P + source positions, C) to the positions of this tower."""
        patch = self._patch_size()
        grid, native = (
            (size[0] // patch[0], size[1] // patch[1])
            for size in (self.image_size, self.native_size)
        )
        num_prefix = target.shape[-2] - grid[0] * grid[1]
        num_source = len(embedding) - num_prefix
        source = self.pretrained_grid or infer_grid(num_source, [native, grid])
        return resize_position_embedding(embedding, source, grid, self.interpolation)

    def _patch_size(self) -> tuple[int, int]:
        """Height and width in pixels of what one position stands for."""
        if isinstance(self.tower, ModifiedResNet):
            return _RESNET_STRIDE, _RESNET_STRIDE
        if isinstance(self.tower, TimmModel):
            return _pair(self.tower.trunk.patch_embed.patch_size)
        return _pair(self.tower.patch_size)


def resize_position_embedding(
    embedding: Tensor,
    source_grid: Grid,
    target_grid: Grid,
    interpolation: Interpolation = 'bicubic',
) -> Tensor:
    """Interpolate position embeddings (P + rows * cols, C); P leading tokens stay as they are.

    ``'bicubic'`` is with antialiasing, as open_clip does it, ``'bilinear'`` without, as most CLIP
    person retrieval code does it. Raises ValueError if ``embedding`` has fewer rows than the source
    grid, or the interpolation is neither of the two.
    """
    if interpolation not in ('bicubic', 'bilinear'):
        raise ValueError(f"interpolation must be 'bicubic' or 'bilinear', not {interpolation!r}")
    num_prefix = len(embedding) - source_grid[0] * source_grid[1]
    if num_prefix < 0:
        raise ValueError(
            f'{len(embedding)} position embeddings cannot hold a grid of {source_grid}'
        )
    if source_grid == target_grid:
        return embedding
    prefix, grid = embedding[:num_prefix], embedding[num_prefix:]
    grid = grid.T.reshape(1, -1, *source_grid).float()
    resized = F.interpolate(
        grid, target_grid, mode=interpolation, antialias=interpolation == 'bicubic'
    )
    rows = resized.flatten(2).squeeze(0).T.to(embedding.dtype)
    return torch.cat([prefix, rows])


def infer_grid(num_positions: int, candidates: list[Grid]) -> Grid:
    """Find the rows and columns that position embeddings of unknown origin belong to.

    The candidates are tried in their order, then a square, then the upright grids of people, twice
    or three times as high as wide. Prefix tokens do not count.
    """
    for rows, cols in candidates:
        if rows * cols == num_positions:
            return rows, cols
    # No number is a square and two or three times a square.
    for ratio in (1, 2, 3):
        side = math.isqrt(num_positions // ratio)
        if ratio * side * side == num_positions:
            return ratio * side, side
    raise ValueError(
        f'the weights have {num_positions} image positions, which fit none of {candidates}, no '
        'square and no upright 2:1 or 3:1: give their grid, pretrained_grid=(rows, cols)'
    )


def _make_rectangular(tower: ModifiedResNet, image_size: tuple[int, int]) -> None:
    """Give the attention pooling, built for a square, the positions of a rectangle."""
    rows, cols = (side // _RESNET_STRIDE for side in image_size)
    if rows * cols == 0:
        raise ValueError(
            f'image_size={image_size}: a CLIP ResNet needs at least {_RESNET_STRIDE} x '
            f'{_RESNET_STRIDE} pixels'
        )
    square = tower.attnpool.positional_embedding
    tower.attnpool.positional_embedding = nn.Parameter(
        torch.randn(rows * cols + 1, square.shape[1]) / square.shape[1] ** 0.5
    )


def _pair(size: int | Sequence[int]) -> tuple[int, int]:
    """Read a size given as one number or as two."""
    height, width = to_2tuple(size)
    return int(height), int(width)
