"""Image files of this machine as answers."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TypeVar

import PIL.Image
from PIL.ImageFile import ImageFile
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from cpcl_mm.utils.image_file import open_image, to_rgb

THUMBNAIL = (320, 640)  # Width and height that it fits into, in pixels.

# Formats that every browser shows.
BROWSER_FORMATS = {
    'BMP': 'image/bmp',
    'GIF': 'image/gif',
    'JPEG': 'image/jpeg',
    'MPO': 'image/jpeg',
    'PNG': 'image/png',
    'WEBP': 'image/webp',
}

T = TypeVar('T')


def pick(items: Sequence[T], number: int) -> T:
    """Take the item that an address names, from 0; 404 if there are fewer."""
    if number >= len(items):
        raise HTTPException(404, f'There is no image {number:,}: they go up to {len(items) - 1:,}.')
    return items[number]


def image_routes(place: str, path_of: Callable[..., str]) -> list[Route]:
    """Make the addresses ``file`` and ``thumbnail`` of the image that their parameters name."""
    return [
        Route(f'{place}/file', lambda request: original(path_of(**request.path_params))),
        Route(f'{place}/thumbnail', lambda request: thumbnail(path_of(**request.path_params))),
    ]


def thumbnail(path: str) -> Response:
    """Answer with an image file as a small JPEG; 404 if it is gone or no longer an image."""
    with _opened(path) as image:
        return to_jpeg(image)


def original(path: str) -> Response:
    """Answer with an image file as it is, or as PNG where browsers do not know its format."""
    with _opened(path) as image:
        if image.format in BROWSER_FORMATS:
            return FileResponse(path, media_type=BROWSER_FORMATS[image.format])
        return to_png(image)


def to_jpeg(image: PIL.Image.Image) -> Response:
    """Answer with a thumbnail of an image."""
    image.draft('RGB', THUMBNAIL)
    image = to_rgb(image)
    image.thumbnail(THUMBNAIL)
    return _encoded(image, 'JPEG', quality=90)


def to_png(image: PIL.Image.Image) -> Response:
    """Answer with an image without loss."""
    return _encoded(to_rgb(image), 'PNG')


def _encoded(image: PIL.Image.Image, kind: str, **settings: int) -> Response:
    buffer = BytesIO()
    image.save(buffer, kind, **settings)
    return Response(buffer.getvalue(), media_type=BROWSER_FORMATS[kind])


@contextmanager
def _opened(path: str) -> Iterator[ImageFile]:
    try:
        with open_image(path) as image:
            yield image
    except ValueError as error:
        raise HTTPException(404, f'The image {path} {error}.') from error
