"""A check that the packages of the extra ``demo`` are there, before anything imports them."""

from importlib.util import find_spec

PACKAGES = ('jinja2', 'python_multipart', 'starlette', 'uvicorn')


def check_extra() -> None:
    """Look for the packages that a page needs beside those of ``cpcl_mm``.

    Raises:
        ImportError: One sentence that says what is missing, and what to install.
    """
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        raise ImportError(f'the page needs {", ".join(missing)}: pip install -e ".[demo]"')


check_extra()
