from io import BytesIO
from pathlib import Path

import PIL.Image
import pytest
from starlette.exceptions import HTTPException

from cpcl_mm.search.web.pictures import THUMBNAIL, file_answer, pick


@pytest.fixture
def write(tmp_path, picture):
    """A function that writes an image file and returns its path."""

    def write(name, kind, size=(4, 8)):
        (tmp_path / name).write_bytes(picture('red', size, kind))
        return str(tmp_path / name)

    return write


def image_of(response):
    return PIL.Image.open(BytesIO(response.body))


def test_items_are_named_by_their_number():
    assert pick('abc', 2) == 'c'
    with pytest.raises(HTTPException, match='404: There is no image 3: they go up to 2'):
        pick('abc', 3)


@pytest.mark.parametrize('kind', ['PNG', 'JPEG', 'TIFF'])
def test_a_thumbnail_is_a_small_jpeg(write, kind):
    response = file_answer(write('large', kind, (900, 900)), THUMBNAIL)
    assert response.media_type == 'image/jpeg'
    assert image_of(response).format == 'JPEG'
    assert image_of(response).size == (THUMBNAIL[0], THUMBNAIL[0])


def test_a_thumbnail_is_not_larger_than_the_image(write):
    assert image_of(file_answer(write('small', 'PNG'), THUMBNAIL)).size == (4, 8)


@pytest.mark.parametrize('kind', ['PNG', 'WEBP', 'TIFF'])
def test_a_file_of_any_format_is_shown_whole(write, kind):
    response = file_answer(write('a.html', kind, (900, 900)))
    assert response.media_type == 'image/jpeg'
    assert image_of(response).size == (900, 900)
    assert image_of(response).getpixel((0, 0)) == pytest.approx((255, 0, 0), abs=2)


def test_what_cannot_be_shown_is_not_found(write, tmp_path, monkeypatch):
    with pytest.raises(HTTPException, match=r'404: The image .*gone\.png does not exist\.'):
        file_answer(str(tmp_path / 'gone.png'))
    (tmp_path / 'text.png').write_text('<script>')
    with pytest.raises(HTTPException, match='404: .* is not a readable image'):
        file_answer(str(tmp_path / 'text.png'))
    monkeypatch.setattr('cpcl_mm.utils.image_file.MAX_PIXELS', 31)
    with pytest.raises(HTTPException, match='404: .* has 4 x 8 pixels, more than 31'):
        file_answer(write('large.png', 'PNG'))


def test_an_image_that_is_damaged_inside_has_no_thumbnail(write):
    path = Path(write('damaged.png', 'PNG', (90, 90)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(HTTPException, match='404: .* is not a readable image'):
        file_answer(str(path))
