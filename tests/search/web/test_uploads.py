import asyncio
from io import BytesIO

import PIL.Image
import pytest
from PIL.EpsImagePlugin import EpsImageFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from cpcl_mm.search.web.uploads import OVERHEAD, Uploads, decode, read_form


@pytest.fixture
def uploads(monkeypatch):
    """Images of 100 pixels in files of 1,000 bytes."""
    monkeypatch.setattr('cpcl_mm.utils.image_file.MAX_PIXELS', 100)
    monkeypatch.setattr('cpcl_mm.search.web.uploads.MAX_BYTES', 1000)
    return Uploads()


def refusal(action, *args):
    """Status and text of the refusal."""
    with pytest.raises(HTTPException) as error:
        action(*args)
    return error.value.status_code, error.value.detail


@pytest.mark.parametrize('kind', ['BMP', 'GIF', 'JPEG', 'PNG', 'TIFF', 'WEBP'])
def test_an_image_comes_back(uploads, picture, kind):
    image = uploads.get(uploads.add(picture('red', kind=kind)))
    assert (image.mode, image.size) == ('RGB', (4, 8))
    assert image.getpixel((1, 1))[0] > 200


def test_the_same_content_has_the_same_key(uploads, picture):
    assert (
        uploads.add(picture('red')) == uploads.add(picture('red')) != uploads.add(picture('blue'))
    )


def test_the_one_not_used_for_longest_goes(uploads, picture, monkeypatch):
    images = [picture(color, kind='BMP') for color in ('red', 'blue', 'lime')]
    monkeypatch.setattr('cpcl_mm.search.web.uploads.MAX_KEPT', 2 * len(images[0]))
    red, blue = map(uploads.add, images[:2])
    uploads.get(red)
    uploads.add(images[2])
    assert uploads.get(red)
    status, says = refusal(uploads.get, blue)
    assert (status, says) == (
        404,
        'The query image is no longer kept: please choose the file again.',
    )


def test_a_turned_photograph_is_put_upright(picture):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    assert decode(picture(kind='JPEG', exif=exif)).size == (8, 4)


def test_what_is_too_large_is_refused(uploads, picture):
    assert refusal(uploads.add, bytes(1001)) == (413, 'The file is too large: at most 0.001 MB.')
    status, says = refusal(uploads.add, picture(size=(11, 10)))
    assert status == 413
    assert 'has 11 x 10 pixels, more than 100' in says


def test_an_image_that_would_fill_the_memory_is_not_decoded(picture, monkeypatch):
    monkeypatch.setattr(PIL.Image, 'MAX_IMAGE_PIXELS', 10)
    assert refusal(decode, picture(size=(11, 10)))[0] == 413


@pytest.mark.parametrize(
    'content', [b'', b'no image', b'<svg xmlns="http://www.w3.org/2000/svg"/>']
)
def test_what_is_no_image_is_refused(uploads, content):
    status, says = refusal(uploads.add, content)
    assert status == 415
    assert 'is not a readable image' in says


def test_an_image_that_ends_too_soon_is_refused(uploads, picture):
    content = picture('red', size=(10, 10), kind='BMP')
    assert refusal(uploads.add, content[:-50])[0] == 415


def test_formats_whose_reader_starts_a_program_are_not_even_tried(monkeypatch):
    tried = []
    monkeypatch.setattr(EpsImageFile, '_open', lambda image: tried.append(image))
    buffer = BytesIO()
    PIL.Image.new('L', (1, 1)).save(buffer, 'EPS')
    assert refusal(Uploads().add, buffer.getvalue())[0] == 415
    assert tried == []


START = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
END = b'\r\n--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nred\r\n--x--\r\n'
SCOPE = {
    'type': 'http',
    'method': 'POST',
    'headers': [(b'content-type', b'multipart/form-data; boundary=x')],
}


class Connection:
    """Sends a body in pieces, and counts how many were taken."""

    def __init__(self, pieces, is_cut=False):
        self.pieces = pieces
        self.is_cut = is_cut
        self.taken = 0

    async def receive(self):
        if self.is_cut and self.taken == len(self.pieces):
            return {'type': 'http.disconnect'}
        self.taken += 1
        more = self.is_cut or self.taken < len(self.pieces)
        return {'type': 'http.request', 'body': self.pieces[self.taken - 1], 'more_body': more}


def read(connection):
    async def fields():
        form = await read_form(Request(SCOPE, connection.receive))
        return form['text'], await form['image'].read()

    return asyncio.run(fields())


def test_a_form_is_read():
    assert read(Connection([START, b'1234', END])) == ('red', b'1234')


def test_a_form_that_is_too_large_is_read_to_its_end_and_refused(monkeypatch):
    monkeypatch.setattr('cpcl_mm.search.web.uploads.MAX_BYTES', 10_000)
    connection = Connection([START, *[bytes(OVERHEAD)] * 9, END])
    with pytest.raises(HTTPException, match='413: The file is too large: at most 0.01 MB'):
        read(connection)
    assert connection.taken == 11


def test_who_stops_sending_is_not_waited_for(monkeypatch):
    monkeypatch.setattr('cpcl_mm.search.web.uploads.MAX_BYTES', 10_000)
    with pytest.raises(HTTPException, match='413'):
        read(Connection([START, bytes(2 * OVERHEAD)], is_cut=True))


def test_a_form_that_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr('cpcl_mm.search.web.uploads.MAX_SECONDS', 0.01)

    class Slow(Connection):
        async def receive(self):
            await asyncio.sleep(1)

    with pytest.raises(HTTPException, match='408: The file did not arrive within 0.01 s'):
        asyncio.run(read_form(Request(SCOPE, Slow([]).receive)))
