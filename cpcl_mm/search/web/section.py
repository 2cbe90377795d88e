"""What a page is made of."""

from typing import Protocol

from starlette.routing import Route


class Section(Protocol):
    """A part of the page, with its own place in the navigation.

    Attributes:
        title (str): Its name there.
        path (str): Where it starts, such as ``'/dataset'``.
    """

    title: str
    path: str

    @property
    def routes(self) -> list[Route]:
        """Its addresses, that of ``path`` among them."""
