"""Query images that were uploaded."""

import hashlib
from collections import OrderedDict
from threading import Lock

import PIL.Image
from starlette.exceptions import HTTPException

from cpcl_mm.utils.image_file import TooManyPixelsError, read_image

from .form import too_large


class Uploads:
    """The last uploaded images, in memory.

    Args:
        max_bytes (int): The largest file that is accepted.
        max_pixels (int): The most pixels that an image may have.
        keep (int): Images to keep; the one not used for longest goes first. Defaults to 256.
        keep_bytes (int): Bytes that they may have together. Defaults to 200,000,000.
    """

    def __init__(
        self, max_bytes: int, max_pixels: int, keep: int = 256, keep_bytes: int = 200_000_000
    ) -> None:
        self.max_bytes = max_bytes
        self.max_pixels = max_pixels
        self.keep = keep
        self.keep_bytes = keep_bytes
        self._contents: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def add(self, content: bytes) -> str:
        """Keep an image.

        Args:
            content (bytes): Content of an image file.

        Returns:
            str: Its key, the same for the same content.

        Raises:
            HTTPException: 413 or 415 if it is too large, or no image.
        """
        if len(content) > self.max_bytes:
            raise too_large(self.max_bytes)
        decode(content, self.max_pixels)
        key = hashlib.blake2b(content, digest_size=12).hexdigest()
        with self._lock:
            self._contents[key] = content
            self._contents.move_to_end(key)
            while len(self._contents) > self.keep or self._size() > max(
                self.keep_bytes, len(content)
            ):
                self._contents.popitem(last=False)
        return key

    def _size(self) -> int:
        return sum(map(len, self._contents.values()))

    def get(self, key: str) -> PIL.Image.Image:
        """Decode an image.

        Args:
            key (str): What :meth:`add` returned.

        Returns:
            PIL.Image.Image: The image, RGB, upright.

        Raises:
            HTTPException: 404 if it is no longer kept.
        """
        with self._lock:
            if key not in self._contents:
                raise HTTPException(
                    404, 'The query image is no longer kept: please choose the file again.'
                )
            self._contents.move_to_end(key)
            content = self._contents[key]
        return decode(content, self.max_pixels)


def decode(content: bytes, max_pixels: int) -> PIL.Image.Image:
    """Decode an image that came from outside.

    Args:
        content (bytes): Content of an image file.
        max_pixels (int): The most pixels that it may have.

    Returns:
        PIL.Image.Image: The image, RGB, upright.

    Raises:
        HTTPException: 413 if it has too many pixels, 415 if it cannot be decoded.
    """
    try:
        return read_image(content, max_pixels)
    except ValueError as error:
        status = 413 if isinstance(error, TooManyPixelsError) else 415
        raise HTTPException(status, f'The image {error}.') from error
