"""A local web page around a search, a data set and pseudo labels.

It needs ``pip install -e ".[demo]"``.
"""

from importlib.util import find_spec

PACKAGES = ('jinja2', 'python_multipart', 'starlette', 'uvicorn')

# First: says what is missing, before anything imports it.
if missing := [package for package in PACKAGES if find_spec(package) is None]:
    raise ImportError(f'the page needs {", ".join(missing)}: pip install -e ".[demo]"')

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
