import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from cpcl_mm.search.web.security import Guard, is_trusted


@pytest.mark.parametrize(
    'host', ['localhost', 'LOCALHOST:8000', '127.0.0.1:8000', '192.168.0.7', '[::1]:8000']
)
def test_known_names_and_addresses_are_trusted(host):
    assert is_trusted(host, {'localhost'})


@pytest.mark.parametrize(
    'host',
    [
        '',
        'evil.example',
        'localhost.evil.example',
        '127.0.0.1.evil.example:80',
        '[',
        'a@b',
        '1:x:2',
    ],
)
def test_everything_else_is_not(host):
    assert not is_trusted(host, {'localhost'})


def test_a_name_that_was_rebound_to_this_machine_is_refused():
    client = TestClient(Guard(PlainTextResponse('secret'), {'localhost'}))
    answer = client.get('http://evil.example/')
    assert answer.status_code == 421
    assert "does not answer to the name 'evil.example'" in answer.text
    assert 'secret' not in answer.text


def test_every_answer_says_that_nothing_comes_from_elsewhere():
    client = TestClient(Guard(PlainTextResponse('hello'), {'localhost'}))
    for url in ('http://localhost/', 'http://evil.example/'):
        headers = client.get(url).headers
        assert headers['content-security-policy'].startswith("default-src 'self';")
        assert "frame-ancestors 'none'" in headers['content-security-policy']
        assert headers['x-content-type-options'] == 'nosniff'
        assert headers['cross-origin-resource-policy'] == 'same-origin'
