import pytest
from jinja2 import UndefinedError
from starlette.requests import Request

from cpcl_mm.search.web.rendering import TEMPLATES, render


@pytest.fixture
def request_(client):
    """A request to a page with a search."""
    return Request({'type': 'http', 'app': client.app, 'path': '/', 'headers': []})


def test_a_template_is_filled_and_what_it_shows_is_escaped(request_):
    answer = render(request_, 'problem.html', 418, title='A & B', detail='<script>')
    assert answer.status_code == 418
    assert b'<h1>A &amp; B</h1>' in answer.body
    assert b'<script>' not in answer.body


def test_a_name_that_cannot_be_sent_is_shown_as_numbers(request_):
    answer = render(request_, 'problem.html', title='', detail='caf\udce9.jpg')
    assert b'<p class="problem" role="alert">caf\\udce9.jpg</p>' in answer.body


def test_what_a_template_lacks_is_an_error(request_):
    with pytest.raises(UndefinedError, match="'detail' is undefined"):
        render(request_, 'problem.html', title='')


@pytest.mark.parametrize('name', TEMPLATES.list_templates())
def test_no_template_has_what_the_content_security_policy_forbids(name):
    source = TEMPLATES.loader.get_source(TEMPLATES, name)[0]
    for forbidden in ('<style', ' style=', ' onclick=', 'javascript:', 'http://', 'https://'):
        assert forbidden not in source
    assert source.count('<script') == source.count('<script src="/static/')
