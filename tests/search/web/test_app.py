import pytest
from jinja2 import UndefinedError
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from cpcl_mm.search.web import build_app
from cpcl_mm.search.web.app import TEMPLATES, render


class Greeting:
    """A section with one page, and one that fails."""

    title = 'Greeting'
    path = '/greeting'

    @property
    def routes(self):
        return [Route('/greeting', self.greet), Route('/failing', self.fail)]

    def greet(self, request):
        return PlainTextResponse('hello')

    def fail(self, request):
        raise RuntimeError('a <mistake>')


@pytest.fixture
def client():
    app = build_app([Greeting()], names=['Localhost'])
    return TestClient(app, base_url='http://localhost', raise_server_exceptions=False)


def test_the_start_leads_to_the_first_section(client):
    answer = client.get('/')
    assert answer.text == 'hello'
    assert answer.url.path == '/greeting'


def test_what_is_not_there_is_a_page_with_the_way_out(client):
    answer = client.get('/nowhere')
    assert answer.status_code == 404
    assert 'Back to the start' in answer.text
    assert '<a href="/greeting">Greeting</a>' in answer.text


def test_a_failure_is_a_page_that_escapes_what_it_shows(client):
    answer = client.get('/failing')
    assert answer.status_code == 500
    assert 'RuntimeError: a &lt;mistake&gt;' in answer.text
    assert answer.headers['x-content-type-options'] == 'nosniff'


@pytest.mark.parametrize('file', ['style.css', 'page.js', 'icon.svg'])
def test_all_that_a_page_is_made_of_comes_from_here(client, file):
    assert client.get(f'/static/{file}').status_code == 200
    assert f'/static/{file}' in client.get('/nowhere').text


@pytest.mark.parametrize(
    'path', ['/static/../app.py', '/static/%2e%2e/app.py', '/static//etc/passwd']
)
def test_other_files_are_not_served(client, path):
    assert client.get(path).status_code == 404


def test_other_names_are_not_answered(client):
    assert client.get('/greeting', headers={'Host': 'evil.example'}).status_code == 421


def test_there_must_be_something_to_show():
    with pytest.raises(ValueError, match='nothing to show: give a gallery'):
        build_app([])


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
