"""One picture gives the same pixels however it is stored, and what is no whole image is refused."""

import contextlib
import io
import re
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
from PIL.Image import Image

from cpcl_mm.utils.image_file import (
    TooManyPixelsError,
    open_image,
    read_image,
    to_bgr,
    to_rgb,
    upright_size,
)

NOISE = np.random.default_rng(0).integers(0, 256, (12, 5, 4), dtype=np.uint8)
PICTURE = PIL.Image.fromarray(NOISE[..., :3]).resize((20, 48), PIL.Image.Resampling.BICUBIC)
GRAY = np.asarray(PICTURE.convert('L'))
HEIC = b'\0\0\0\x18ftypheic' + bytes(40)
# Everything but JPEG loses nothing, so that pixels can be compared.
EXACT = {'PNG': {}, 'BMP': {}, 'TIFF': {}, 'WEBP': {'lossless': True}}


def encoded(image: Image, image_format: str, **settings) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **settings)
    return buffer.getvalue()


def by_opencv(array: np.ndarray, suffix: str) -> bytes:
    return cv2.imencode(suffix, array)[1].tobytes()


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(read_image(content))


@pytest.mark.parametrize('image_format', EXACT)
def test_every_format_gives_the_same_pixels(image_format):
    content = encoded(PICTURE, image_format, **EXACT[image_format])
    np.testing.assert_array_equal(pixels(content), np.asarray(PICTURE))


@pytest.mark.parametrize('quality', [30, 75, 95])
@pytest.mark.parametrize('subsampling', [0, 1, 2])
@pytest.mark.parametrize('mode', ['RGB', 'L'])
def test_a_jpeg_gives_the_bits_that_opencv_gives(mode, subsampling, quality):
    kind = {'quality': quality, 'subsampling': subsampling}
    content = encoded(PICTURE.convert(mode), 'JPEG', **kind)
    array = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(to_bgr(read_image(content)), array)


@pytest.mark.parametrize(
    'content',
    [
        encoded(PIL.Image.fromarray(GRAY), 'PNG'),
        encoded(PIL.Image.fromarray(GRAY).convert('LA'), 'PNG'),
        encoded(PIL.Image.fromarray(GRAY), 'GIF'),
        encoded(PIL.Image.fromarray(GRAY.astype(np.uint16) * 257), 'PNG'),
        encoded(PIL.Image.fromarray(GRAY.astype(np.uint16) * 256), 'TIFF'),
    ],
    ids=['8 bits', 'with alpha', 'GIF', 'PNG of 16 bits', 'TIFF of 16 bits'],
)
def test_gray_images_of_any_depth_are_alike(content):
    np.testing.assert_array_equal(pixels(content), np.dstack([GRAY] * 3))


@pytest.mark.parametrize('suffix', ['.png', '.tiff'])
def test_of_16_bits_the_higher_8_count(suffix):
    deep = np.asarray(PICTURE)[..., ::-1].astype(np.uint16) * 257
    np.testing.assert_array_equal(pixels(by_opencv(deep, suffix)), np.asarray(PICTURE))


def test_cmyk_is_color():
    content = encoded(PICTURE.convert('CMYK'), 'TIFF')
    np.testing.assert_array_equal(pixels(content), np.asarray(PICTURE))


def test_what_is_transparent_lies_on_white_whatever_is_hidden_there():
    hidden, other = (PIL.Image.new('RGBA', (4, 6), color) for color in ('#f000', '#0f00'))
    palette = hidden.convert('P')
    stored = [encoded(hidden, 'PNG'), encoded(other, 'PNG'), encoded(hidden, 'WEBP')]
    stored.append(encoded(palette, 'PNG', transparency=palette.getpixel((0, 0))))
    # The picture as a color key.
    stored.append(encoded(PIL.Image.new('RGB', (4, 6), 'red'), 'PNG', transparency=(255, 0, 0)))
    for content in stored:
        assert (pixels(content) == 255).all()


def test_half_transparent_pixels_are_alike_in_every_format():
    image = PIL.Image.fromarray(NOISE)
    expected = pixels(encoded(image, 'PNG'))
    for content in (encoded(image, 'WEBP', lossless=True), encoded(image, 'TIFF')):
        np.testing.assert_array_equal(pixels(content), expected)


@pytest.mark.parametrize('orientation', range(10))
@pytest.mark.parametrize('image_format', ['JPEG', 'PNG'])
def test_images_are_turned_as_their_camera_was(image_format, orientation):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    content = encoded(PICTURE, image_format, exif=exif)
    array = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(to_bgr(read_image(content)), array)
    with open_image(content) as image:
        assert upright_size(image) == array.shape[1::-1]


def test_broken_exif_data_do_not_hide_the_picture():
    content = encoded(PICTURE, 'PNG', exif=b'Exif\0\0nonsense')
    np.testing.assert_array_equal(pixels(content), np.asarray(PICTURE))


def test_of_an_animation_the_first_image_counts():
    frames = [PIL.Image.new('RGB', (4, 6), color) for color in ('red', 'blue')]
    content = encoded(frames[0], 'GIF', save_all=True, append_images=frames[1:])
    assert read_image(content).getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.filterwarnings('ignore::UserWarning')
@pytest.mark.parametrize('image_format', ['JPEG', 'PNG', 'WEBP', 'BMP', 'TIFF'])
def test_a_cut_file_is_refused_wherever_it_is_cut(image_format):
    content = encoded(PICTURE, image_format)
    for length in range(0, len(content), 7):
        with pytest.raises(ValueError, match='truncated|not a readable image'):
            read_image(content[:length])


@pytest.mark.parametrize('image_format', ['JPEG', 'PNG'])
def test_the_end_is_looked_for_without_decoding(image_format):
    content = encoded(PICTURE, image_format)
    with pytest.raises(ValueError, match='is truncated: the end of the image is missing'):
        open_image(content[:-12])
    # As a download that reserves its disk space first.
    with pytest.raises(ValueError, match='is truncated'):
        open_image(content[:-12] + bytes(20_000))


def test_a_preview_in_the_header_is_not_the_end():
    exif = b'Exif\0\0' + encoded(PICTURE.resize((4, 4)), 'JPEG')
    with pytest.raises(ValueError, match='is truncated'):
        open_image(encoded(PICTURE, 'JPEG', exif=exif)[:-2])


@pytest.mark.parametrize('image_format', ['JPEG', 'PNG', 'WEBP', 'BMP', 'GIF'])
def test_data_behind_the_image_do_no_harm(image_format):
    content = encoded(PICTURE, image_format)
    np.testing.assert_array_equal(pixels(content + bytes(20_000)), pixels(content))


@pytest.mark.parametrize('image_format', ['EPS', 'ICO', 'TGA', 'PPM', 'JPEG2000'])
def test_other_formats_are_refused(image_format):
    with pytest.raises(ValueError, match='of another format than .*: convert it to one of these'):
        read_image(encoded(PICTURE, image_format))


def test_heic_is_named_where_nothing_reads_it(monkeypatch):
    monkeypatch.setattr('cpcl_mm.utils.image_file.FORMATS', ('JPEG', 'PNG'))
    with pytest.raises(ValueError, match='it is HEIC, which needs pip install pillow-heif'):
        open_image(HEIC)


@pytest.mark.parametrize('kind', [np.float32, np.int32])
def test_numbers_without_a_range_are_no_colors(kind):
    image = PIL.Image.fromarray(GRAY.astype(kind))
    with pytest.raises(ValueError, match='no one reading as colors: save it as RGB'):
        open_image(encoded(image, 'TIFF'))
    with pytest.raises(ValueError, match='no one reading as colors'):
        to_rgb(image)


def test_a_huge_image_is_refused_by_its_header(monkeypatch):
    monkeypatch.setattr('cpcl_mm.utils.image_file.MAX_PIXELS', 959)
    with pytest.raises(TooManyPixelsError, match='has 20 x 48 pixels, more than 959: crop or'):
        open_image(encoded(PICTURE, 'PNG')[:-12])
    # Pillow's own limit.
    monkeypatch.setattr(PIL.Image, 'MAX_IMAGE_PIXELS', 10)
    with pytest.raises(TooManyPixelsError, match='has too many pixels'):
        open_image(encoded(PICTURE, 'PNG'))


def test_missing_files_and_folders_do_not_exist(tmp_path):
    for path in (tmp_path / 'none.jpg', str(tmp_path)):
        with pytest.raises(ValueError, match='^does not exist$'):
            read_image(path)


def test_an_array_can_be_written_to():
    array = to_bgr(PICTURE)
    array[:] = 0
    assert PICTURE.getpixel((0, 0)) != (0, 0, 0)


@pytest.mark.filterwarnings('ignore::UserWarning')
@pytest.mark.parametrize('image_format', ['JPEG', 'PNG', 'WEBP', 'BMP', 'TIFF', 'GIF'])
def test_a_damaged_file_is_an_image_or_refused_and_nothing_else(image_format, monkeypatch):
    monkeypatch.setattr('cpcl_mm.utils.image_file.MAX_PIXELS', 10_000)
    content = encoded(PICTURE.quantize(16) if image_format == 'GIF' else PICTURE, image_format)
    rng = np.random.default_rng(0)
    for _ in range(40):
        damaged = np.frombuffer(content, np.uint8).copy()
        # Half of the damage is in the header, where it does most.
        places = rng.integers(0, [40, len(content)])
        damaged[places] = rng.integers(0, 256, 2)
        with contextlib.suppress(ValueError):
            assert read_image(damaged.tobytes()).mode == 'RGB'


def test_nothing_else_opens_an_image():
    root = Path(__file__).parents[2]
    files = [*root.glob('cpcl_mm/**/*.py'), *root.glob('tools/**/*.py')]
    readers = re.compile(r'Image\.open\(|imread\(|imdecode\(|imfrombytes\(')
    found = {path.name for path in files if readers.search(path.read_text(encoding='utf-8'))}
    assert found == {'image_file.py'}
