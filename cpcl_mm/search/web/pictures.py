"""Image files of this machine as answers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TypeVar

import PIL.Image
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from cpcl_mm.utils.image_file import MAX_PIXELS, open_image, to_rgb

THUMBNAIL = (320, 640)
"""Width and height that a thumbnail fits into, in pixels."""

BROWSER_FORMATS = {
    'BMP': 'image/bmp',
    'GIF': 'image/gif',
    'JPEG': 'image/jpeg',
    'MPO': 'image/jpeg',
    'PNG': 'image/png',
    'WEBP': 'image/webp',
}
"""Formats that every browser shows."""

T = TypeVar('T')


def pick(items: Sequence[T], number: int) -> T:
    """Take the item that an address names.

    Args:
        items (Sequence): What there is.
        number (int): From 0.

    Returns:
        T: The item.

    Raises:
        HTTPException: 404 if there are fewer.
    """
    if number >= len(items):
        raise HTTPException(404, f'There is no image {number:,}: they go up to {len(items) - 1:,}.')
    return items[number]


def thumbnail(path: str, max_pixels: int = MAX_PIXELS) -> Response:
    """Answer with an image file, scaled down.

    Args:
        path (str): The file.
        max_pixels (int): The most pixels that it may have.

    Returns:
        Response: A JPEG image.

    Raises:
        HTTPException: 404 if the file is gone or no longer an image.
    """
    with _readable(path), open_image(path, max_pixels) as image:
        return to_jpeg(image)


def original(path: str, max_pixels: int = MAX_PIXELS) -> Response:
    """Answer with an image file as it is, or as PNG where browsers do not know its format.

    Args:
        path (str): The file.
        max_pixels (int): The most pixels that it may have.

    Returns:
        Response: The image.

    Raises:
        HTTPException: 404 if the file is gone or no longer an image.
    """
    with _readable(path), open_image(path, max_pixels) as image:
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
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise HTTPException(404, f'The image {path} {error}.') from error
