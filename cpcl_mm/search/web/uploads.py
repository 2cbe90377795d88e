"""Query images that are uploaded: the form that brings them, and those that are kept."""

import asyncio
import hashlib
from collections import OrderedDict
from threading import Lock

import PIL.Image
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from cpcl_mm.utils.image_file import TooManyPixelsError, read_image

MAX_BYTES = 10_000_000  # Of a file.
MAX_KEPT = 200_000_000  # Bytes of all files that are kept.
OVERHEAD = 100_000  # Bytes of a form beside its file.
MAX_SECONDS = 120  # How long a form may take to arrive.


async def read_form(request: Request) -> FormData:
    """Read a form with one file at most; close it to remove the file.

    A form that is too large is read to its end without being kept: a browser shows an answer only
    after it has sent all of its question.

    Raises:
        HTTPException: 413 if it is too large, 400 if it is no form, 408 if it takes too long.
    """
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get('body', b''))
        while received > MAX_BYTES + OVERHEAD:
            # Who has disconnected sends no more, either.
            if not message.get('more_body'):
                raise _too_large()
            message = await request.receive()
        return message

    form = Request(request.scope, receive).form(max_files=1, max_fields=20)
    try:
        return await asyncio.wait_for(form, MAX_SECONDS)
    except asyncio.TimeoutError as error:
        raise HTTPException(408, f'The file did not arrive within {MAX_SECONDS} s.') from error


class Uploads:
    """The last uploaded images, in memory; the one not used for longest goes first."""

    def __init__(self) -> None:
        self._contents: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def add(self, content: bytes) -> str:
        """Keep an image file and return its key, the same for the same content.

        Raises:
            HTTPException: 413 or 415 if it is too large, or no image.
        """
        if len(content) > MAX_BYTES:
            raise _too_large()
        decode(content)
        key = hashlib.blake2b(content, digest_size=12).hexdigest()
        with self._lock:
            self._contents[key] = content
            self._contents.move_to_end(key)
            while sum(map(len, self._contents.values())) > MAX_KEPT:
                self._contents.popitem(last=False)
        return key

    def get(self, key: str) -> PIL.Image.Image:
        """Decode the image of a key; 404 if it is no longer kept."""
        with self._lock:
            if key not in self._contents:
                raise HTTPException(
                    404, 'The query image is no longer kept: please choose the file again.'
                )
            self._contents.move_to_end(key)
            content = self._contents[key]
        return decode(content)


def decode(content: bytes) -> PIL.Image.Image:
    """Decode an image from outside, RGB and upright; 413 if too large, 415 if it cannot be."""
    try:
        return read_image(content)
    except ValueError as error:
        status = 413 if isinstance(error, TooManyPixelsError) else 415
        raise HTTPException(status, f'The image {error}.') from error


def _too_large() -> HTTPException:
    return HTTPException(413, f'The file is too large: at most {MAX_BYTES / 1e6:g} MB.')
