"""Buffers whose size changes while training."""

from typing import Any

import torch
from torch import Tensor


class ResizableBuffers:
    """Lets a module load buffers of another size than it holds.

    The number of clusters changes with every clustering, so a module built from a config cannot
    have the size that a checkpoint has; torch would refuse it, and mmengine would only log it.

    Subclasses list the names in :attr:`resizable_buffers` and stand before ``nn.Module``.
    """

    resizable_buffers: tuple[str, ...] = ()

    def _load_from_state_dict(
        self, state_dict: dict[str, Tensor], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        for name in self.resizable_buffers:
            value = state_dict.get(prefix + name)
            if value is not None:
                old = getattr(self, name)
                setattr(self, name, torch.empty_like(value, device=old.device, dtype=old.dtype))
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)  # type: ignore[misc]
