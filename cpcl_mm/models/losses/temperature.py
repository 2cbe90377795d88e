"""The temperature that contrastive losses divide similarities by."""

import math

import torch
from torch import Tensor, nn


class Temperature(nn.Module):
    """A fixed or a learnable temperature.

    A fixed one has no parameter, so that data-parallel training never waits for a gradient that
    does not come. A learnable one is kept as the logarithm of its inverse, as in CLIP
    (arXiv 2103.00020), and never falls below 0.01.

    Args:
        value (float): The temperature, or its initial value.
        learnable (bool): Defaults to False.

    Raises:
        ValueError: If ``value`` is not positive.
    """

    def __init__(self, value: float, learnable: bool = False) -> None:
        super().__init__()
        if value <= 0:
            raise ValueError(f'a temperature must be positive, not {value}')
        self.value = value
        self.log_scale = nn.Parameter(torch.tensor(-math.log(value))) if learnable else None

    def forward(self, similarity: Tensor) -> Tensor:
        """Divide similarities of any shape by the temperature."""
        if self.log_scale is None:
            return similarity / self.value
        return similarity * self.log_scale.clamp(max=math.log(100)).exp()
