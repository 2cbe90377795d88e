"""From templates to answers."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cpcl_mm.utils.printable import printable

FOLDER = Path(__file__).parent
TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER / 'templates'),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """Fill a template.

    Args:
        request (Request): What is answered.
        template (str): A file of ``templates/``.
        status (int): HTTP status. Defaults to 200.
        **context: What the template shows.

    Returns:
        Response: The page.
    """
    page = TEMPLATES.get_template(template).render(request=request, **context)
    # A gallery may hold any name, and one that is no Unicode cannot be sent.
    return HTMLResponse(printable(page), status)
