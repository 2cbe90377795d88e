"""From templates to answers."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

FOLDER = Path(__file__).parent
TEMPLATES = Jinja2Templates(
    env=Environment(
        loader=FileSystemLoader(FOLDER / 'templates'),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
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
    return TEMPLATES.TemplateResponse(request, template, context, status_code=status)
