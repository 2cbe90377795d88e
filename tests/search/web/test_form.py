"""Forms are limited while they are read."""

import asyncio

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from cpcl_mm.search.web.form import OVERHEAD, read_form

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


def read(connection, max_file_bytes):
    async def fields():
        form = await read_form(Request(SCOPE, connection.receive), max_file_bytes)
        return form['text'], await form['image'].read()

    return asyncio.run(fields())


def test_a_form_is_read():
    assert read(Connection([START, b'1234', END]), 4) == ('red', b'1234')


def test_a_form_that_is_too_large_is_read_to_its_end_and_refused():
    connection = Connection([START, *[bytes(OVERHEAD)] * 9, END])
    with pytest.raises(HTTPException, match='413: The file is too large: at most 0.01 MB'):
        read(connection, 10_000)
    assert connection.taken == 11


def test_who_stops_sending_is_not_waited_for():
    with pytest.raises(HTTPException, match='413'):
        read(Connection([START, bytes(2 * OVERHEAD)], is_cut=True), 10_000)


def test_a_form_that_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr('cpcl_mm.search.web.form.MAX_SECONDS', 0.01)

    class Slow(Connection):
        async def receive(self):
            await asyncio.sleep(1)

    with pytest.raises(HTTPException, match='408: The file did not arrive within 0.01 s'):
        asyncio.run(read_form(Request(SCOPE, Slow([]).receive), 100))
