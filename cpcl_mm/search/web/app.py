"""The application: sections under one roof, and the templates that they fill."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from cpcl_mm.utils.text import printable

from .security import HEADERS, Guard

FOLDER = Path(__file__).parent
TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER / 'templates'),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Section(Protocol):
    """A part of the page: its name in the navigation, where it starts, and all its addresses."""

    title: str
    path: str

    @property
    def routes(self) -> list[Route]:
        """Its addresses, that of ``path`` among them."""


def build_app(sections: Sequence[Section], names: Collection[str] = ('localhost',)) -> Starlette:
    """Make a page, for any ASGI server, of sections in the order of the navigation.

    ``/`` leads to the first of them. The page answers to some names in a Host header, and to
    addresses. Raises ``ValueError`` if there is no section.
    """
    if not sections:
        raise ValueError('there is nothing to show: give a gallery, a config or a work directory')
    routes: list[BaseRoute] = [route for section in sections for route in section.routes]
    routes.append(Mount('/static', StaticFiles(directory=FOLDER / 'static')))
    if sections[0].path != '/':
        routes.append(Route('/', RedirectResponse(sections[0].path)))
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, names={name.lower() for name in names})],
        exception_handlers={HTTPException: _show_problem, 500: _show_failure},
    )
    app.state.sections = sections
    return app


def render(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """Fill a file of ``templates/`` as the answer to a request."""
    page = TEMPLATES.get_template(template).render(request=request, **context)
    # A gallery may hold any name, and one that is no Unicode cannot be sent.
    return HTMLResponse(printable(page), status)


async def _show_problem(request: Request, error: Exception) -> Response:
    """Give a page for what a person can put right; ``error`` is an HTTPException."""
    status, detail = getattr(error, 'status_code', 400), getattr(error, 'detail', str(error))
    return render(request, 'problem.html', status, title=f'Error {status}', detail=detail)


async def _show_failure(request: Request, error: Exception) -> Response:
    """Give a page for a mistake in this program; the server prints its traceback."""
    detail = f'{type(error).__name__}: {error}. The terminal of the server says more.'
    answer = render(request, 'problem.html', 500, title='Something went wrong', detail=detail)
    # This page is made outside of the guard.
    answer.headers.update(HEADERS)
    return answer
