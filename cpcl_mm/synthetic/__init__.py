"""Drawn data sets: SyntheticPedes, the built-in one, and the catalog to pretrain on."""

from .catalog import ensure_synthetic_catalog, vocabulary
from .pedestrians import Pedestrians, ensure_synthetic_pedes
from .settings import CatalogSettings, SyntheticSettings

__all__ = [
    'CatalogSettings',
    'Pedestrians',
    'SyntheticSettings',
    'ensure_synthetic_catalog',
    'ensure_synthetic_pedes',
    'vocabulary',
]
