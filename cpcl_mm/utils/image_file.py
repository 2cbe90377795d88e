"""Opening an image: the one way in for training, checks, indexing, uploads and figures."""

import contextlib
import os
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import mmcv
import numpy as np
import PIL.Image
from PIL import ExifTags, ImageOps
from PIL.Image import Image
from PIL.ImageFile import ImageFile

if find_spec('pillow_heif'):
    import_module('pillow_heif').register_heif_opener()
PIL.Image.init()

# No format whose reader starts another program, as that of EPS does.
FORMATS = tuple(
    name
    for name in ('JPEG', 'PNG', 'WEBP', 'BMP', 'TIFF', 'GIF', 'AVIF', 'HEIF')
    if name in PIL.Image.OPEN
)
"""Formats that are read; of animations and of files with several pages, the first image."""

SUFFIXES = (
    *('.avif', '.bmp', '.gif', '.heic', '.heif', '.jfif', '.jpe', '.jpeg', '.jpg', '.png'),
    *('.tif', '.tiff', '.webp'),
)
"""Files of a folder that count as images; their content tells the format."""

MAX_PIXELS = 50_000_000
"""Larger images are no crops of persons; one of them takes 150 MB when decoded."""

END_MARKERS = {'JPEG': b'\xff\xd9', 'MPO': b'\xff\xd9', 'PNG': b'IEND\xaeB`\x82'}
TAIL_BYTES = 4096
HEIF_BRANDS = (b'heic', b'heix', b'hevc', b'heim', b'heis', b'mif1', b'msf1')
ALPHA_MODES = ('LA', 'La', 'PA', 'RGBA', 'RGBa')


class TooManyPixelsError(ValueError):
    """An image is larger than is allowed."""


def read_image(source: str | Path | bytes) -> Image:
    """Decode an image file, or its content, to RGB: 8 bits, upright, see :func:`to_rgb`.

    Raises:
        ValueError: What is wrong with the image and the way out, without its name.
    """
    with open_image(source) as image:
        return to_rgb(image)


def open_image(source: str | Path | bytes) -> ImageFile:
    """Open an image without decoding it: its header and its end are there, and its size is fine.

    Raises:
        TooManyPixelsError: The image is too large; it is a ``ValueError``.
        ValueError: What else is wrong, without the name of the image.
    """
    image = _open(BytesIO(source) if isinstance(source, bytes) else source)
    try:
        if image.width * image.height > MAX_PIXELS:
            raise TooManyPixelsError(
                f'has {image.width} x {image.height} pixels, more than {MAX_PIXELS:,}: crop or '
                'shrink it'
            )
        _check_mode(image)
        if not _has_end(image):
            raise ValueError('is truncated: the end of the image is missing')
    except ValueError:
        image.close()
        raise
    return image


def upright_size(image: Image) -> tuple[int, int]:
    """Width and height that an opened image has when it is upright."""
    turned = False
    with contextlib.suppress(Exception):
        turned = image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else (image.width, image.height)


def to_rgb(image: Image) -> Image:
    """Make any image what all of this package sees: RGB, 8 bits, turned as its EXIF data say.

    What is transparent lies on white, as on paper. Of 16 bits, the higher 8 count.

    Raises:
        ValueError: The image cannot be decoded, or its mode has no fixed range, such as
            floating-point numbers.
    """
    _check_mode(image)
    try:
        image.load()
    # Pillow's plugins raise whatever their decoder meets: OSError, SyntaxError, ...
    except Exception as error:
        raise ValueError(f'is not a readable image: {error}') from error
    # Broken EXIF data say nothing about the pixels.
    with contextlib.suppress(Exception):
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith('I'):
        return PIL.Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert('RGB')
    if 'transparency' in image.info or image.mode in ALPHA_MODES:
        image = image.convert('RGBA')
        image = PIL.Image.alpha_composite(PIL.Image.new('RGBA', image.size, 'white'), image)
    return image if image.mode == 'RGB' else image.convert('RGB')


def to_bgr(image: Image) -> np.ndarray:
    """Make an array (H, W, 3), uint8, BGR of an RGB image, as mmcv and OpenCV have images."""
    return mmcv.rgb2bgr(np.asarray(image))


def _open(source: str | Path | BytesIO) -> ImageFile:
    """Let the readers of ``FORMATS``, and no others, try a file."""
    try:
        return PIL.Image.open(source, formats=FORMATS)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise ValueError('does not exist') from None
    except PIL.Image.DecompressionBombError as error:
        raise TooManyPixelsError(f'has too many pixels: {error}') from error
    except PIL.UnidentifiedImageError as error:
        raise ValueError(f'is not a readable image: {_describe(source)}') from error
    # Pillow's plugins raise whatever their parser meets: SyntaxError, struct.error, ...
    except Exception as error:
        raise ValueError(f'is not a readable image: {error}') from error


def _describe(source: str | Path | BytesIO) -> str:
    """Say why no reader knows a file."""
    content = source.getvalue() if isinstance(source, BytesIO) else Path(source).read_bytes()
    if not content:
        return 'the file is empty'
    if content[4:8] == b'ftyp' and content[8:12] in HEIF_BRANDS and 'HEIF' not in FORMATS:
        return 'it is HEIC, which needs pip install pillow-heif; or convert it to JPEG'
    return (
        f'its content is damaged or of another format than {", ".join(FORMATS)}: convert it to one '
        'of these'
    )


def _check_mode(image: Image) -> None:
    """Refuse pixels without a fixed range; older Pillows open PNGs of 16 bits as mode I."""
    if image.mode in ('F', 'LAB') or (image.mode == 'I' and image.format != 'PNG'):
        raise ValueError(
            f'has pixels of mode {image.mode!r}, which have no one reading as colors: save it as '
            'RGB or gray with 8 or 16 bits'
        )


def _has_end(image: ImageFile) -> bool:
    """Look for the end marker of a JPEG or PNG behind its header.

    Some cameras append data of their own, so the marker need not be at the very end.
    """
    marker, file = END_MARKERS.get(image.format or ''), image.fp
    if marker is None or file is None:
        return True
    header_end = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(max(header_end, size - TAIL_BYTES))
    found = marker in file.read()
    if not found:
        file.seek(header_end)
        found = marker in file.read()
    file.seek(header_end)
    return found
