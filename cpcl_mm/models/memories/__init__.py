"""Memories that live beside the weights."""

from .hybrid_prototype_memory import HybridPrototypeMemory
from .memory import Memory
from .prototype_memory import PrototypeMemory

__all__ = ['HybridPrototypeMemory', 'Memory', 'PrototypeMemory']
