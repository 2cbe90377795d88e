"""A local web page around a search, a data set and pseudo labels.

It needs ``pip install -e ".[demo]"``.
"""

from . import extra  # noqa: F401  (first: says what is missing, before anything imports it)
from .app import build_app
from .dataset_section import DatasetSection
from .label_section import LabelSection
from .search_section import SearchSection
from .section import Section
from .server import address_of, is_loopback, listen, serve
from .splits import Splits

__all__ = [
    'DatasetSection',
    'LabelSection',
    'SearchSection',
    'Section',
    'Splits',
    'address_of',
    'build_app',
    'is_loopback',
    'listen',
    'serve',
]
