"""Helpers shared by models."""

from .gather import gather, gather_with_grad
from .resizable_buffers import ResizableBuffers

__all__ = ['ResizableBuffers', 'gather', 'gather_with_grad']
