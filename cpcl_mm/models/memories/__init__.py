"""Memories that live beside the weights."""

from .prototype_memory import PrototypeMemory

__all__ = ['PrototypeMemory']
