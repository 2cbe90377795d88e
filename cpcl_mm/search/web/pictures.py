"""Image files of this machine as answers."""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TypeVar

import PIL.Image
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from cpcl_mm.utils.image_file import open_image, to_rgb

Size = tuple[int, int]  # Width and height that an image is to fit into, in pixels.
THUMBNAIL: Size = (320, 640)

T = TypeVar('T')


def pick(items: Sequence[T], number: int) -> T:
    """Take the item that an address names, from 0; 404 if there are fewer."""
    if number >= len(items):
        raise HTTPException(404, f'There is no image {number:,}: they go up to {len(items) - 1:,}.')
    return items[number]


def image_routes(place: str, path_of: Callable[..., str]) -> list[Route]:
    """Make the addresses ``file`` and ``thumbnail`` of the image that their parameters name."""

    def route(name: str, size: Size | None) -> Route:
        return Route(
            f'{place}/{name}', lambda request: file_answer(path_of(**request.path_params), size)
        )

    return [route('file', None), route('thumbnail', THUMBNAIL)]


def file_answer(path: str, size: Size | None = None) -> Response:
    """Answer with an image file; 404 if it is gone or no longer an image."""
    try:
        with open_image(path) as image:
            return jpeg_answer(image, size)
    except ValueError as error:
        raise HTTPException(404, f'The image {path} {error}.') from error


def jpeg_answer(image: PIL.Image.Image, size: Size | None = None) -> Response:
    """Answer with an image, which every browser shows so."""
    if size:
        image.draft('RGB', size)
    image = to_rgb(image)
    if size:
        image.thumbnail(size)
    return _encoded(image, 'JPEG', quality=95)


def png_answer(image: PIL.Image.Image) -> Response:
    """Answer with a drawing."""
    return _encoded(image, 'PNG')


def _encoded(image: PIL.Image.Image, kind: str, **settings: int) -> Response:
    buffer = BytesIO()
    image.save(buffer, kind, **settings)
    return Response(buffer.getvalue(), media_type=f'image/{kind.lower()}')
