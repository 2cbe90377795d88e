"""Instance losses; each takes ``(image, text, matches)`` and returns a scalar."""

from .itc_loss import ITCLoss
from .sdm_loss import SDMLoss
from .temperature import Temperature

__all__ = ['ITCLoss', 'SDMLoss', 'Temperature']
