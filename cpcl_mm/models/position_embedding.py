"""Interpolation of learned position embeddings between rectangular grids."""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Interpolation = Literal['bicubic', 'bilinear']
Grid = tuple[int, int]


def resize_position_embedding(
    embedding: Tensor,
    source_grid: Grid,
    target_grid: Grid,
    interpolation: Interpolation = 'bicubic',
) -> Tensor:
    """Interpolate position embeddings; leading tokens (the class token) stay as they are.

    Args:
        embedding (Tensor): Shape (P + rows * cols, C), the P prefix tokens first.
        source_grid (tuple[int, int]): Rows and columns of ``embedding``.
        target_grid (tuple[int, int]): Rows and columns wanted.
        interpolation (str): ``'bicubic'`` with antialiasing, as open_clip does it, or
            ``'bilinear'`` without, as most CLIP person retrieval code does it.
            Defaults to ``'bicubic'``.

    Returns:
        Tensor: Shape (P + target rows * target cols, C).

    Raises:
        ValueError: If ``embedding`` has fewer rows than the source grid, or the interpolation is
            neither of the two.
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
    """Find the grid that position embeddings of unknown origin belong to.

    Args:
        num_positions (int): Number of positions, prefix tokens not counted.
        candidates (list[tuple[int, int]]): Grids to try in this order, before a square and the
            upright grids of people, twice or three times as high as wide.

    Returns:
        tuple[int, int]: Rows and columns.

    Raises:
        ValueError: If none of them fits.
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
