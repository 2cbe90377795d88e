"""Many people at once, and a gallery that changes under them."""

import asyncio
import threading

import pytest
from PIL import Image
from starlette.testclient import httpx

from cpcl_mm.search.web import build_app


@pytest.fixture
def at_once(section):
    """``at_once(*requests)`` sends all requests, given by method, path and options, together."""

    async def send(requests):
        transport = httpx.ASGITransport(build_app([section]))
        async with httpx.AsyncClient(transport=transport, base_url='http://localhost') as client:
            return await asyncio.gather(
                *(client.request(*request[:2], **request[2]) for request in requests)
            )

    return lambda *requests: asyncio.run(send(requests))


def test_a_hundred_searches_by_sentence(at_once):
    colors = ['red', 'green', 'blue'] * 34
    answers = at_once(*(('GET', f'/?text={color}&topk=1', {}) for color in colors))
    assert [answer.status_code for answer in answers] == [200] * len(colors)
    files = dict(red='red.png', green='green.png', blue='blue.png')
    assert all(files[color] in each.text for color, each in zip(colors, answers, strict=True))


def test_a_hundred_searches_by_image(at_once, picture):
    """All are uploaded before the first is searched for."""
    contents = [picture((200, 0, shade)) for shade in range(100)]
    posts = [('POST', '/search', {'files': {'image': ('a.png', each)}}) for each in contents]
    found = at_once(*posts)
    assert {answer.status_code for answer in found} == {303}
    answers = at_once(*(('GET', each.headers['location'], {}) for each in found))
    assert {answer.status_code for answer in answers} == {200}
    assert all('red.png' in answer.text for answer in answers)


def test_images_that_come_go_and_change_meanwhile(at_once, crops):
    """No answer is a failure of the server, whatever becomes of the files."""
    paths = ['/?text=red', '/?like=0', '/images/0/thumbnail', '/images/1/file', '/images/2']
    done = threading.Event()
    changing = threading.Thread(target=change, args=(crops / 'red.png', done))
    changing.start()
    try:
        answers = at_once(*(('GET', path, {}) for path in paths * 20))
    finally:
        done.set()
        changing.join()
    assert {answer.status_code for answer in answers} <= {200, 400, 404}


def change(path, done):
    """Remove an image, break it and draw it again, over and over."""
    while not done.is_set():
        path.unlink()
        path.write_bytes(b'half an im')
        Image.new('RGB', (8, 16), 'red').save(path)
