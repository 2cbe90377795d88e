"""SyntheticPedes, the built-in data set: drawn pedestrians with captions."""

from .generation import ensure_synthetic_pedes, generate
from .settings import SyntheticSettings
from .vocabulary import vocabulary

__all__ = ['SyntheticSettings', 'ensure_synthetic_pedes', 'generate', 'vocabulary']
