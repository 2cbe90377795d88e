"""A local web page around a search, a data set and pseudo labels.

It needs ``pip install -e ".[demo]"``.
"""

from cpcl_mm.utils.requirements import import_optional

# First: says what is missing, before anything imports it.
for package in ('jinja2', 'python_multipart', 'starlette', 'uvicorn'):
    import_optional(package, 'the page', 'pip install -e ".[demo]"')

from .app import Section, build_app  # noqa: E402
from .dataset_section import DatasetSection, Splits  # noqa: E402
from .label_section import LabelSection  # noqa: E402
from .search_section import SearchSection  # noqa: E402
from .server import address_of, is_loopback, listen, serve  # noqa: E402

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
