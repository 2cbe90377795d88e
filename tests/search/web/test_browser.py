"""The page in a real browser: keyboard, viewer, upload, and that nothing leaves this machine.

The browser is Chromium or Chrome of the system, or the program that ``CPCL_MM_BROWSER`` names.
Continuous integration installs one and names it, so that these tests cannot be left out there.
"""

import os
import shutil
import threading

import PIL.Image
import pytest
import uvicorn
from playwright.sync_api import expect, sync_playwright

from cpcl_mm.search import PersonSearcher
from cpcl_mm.search.web import (
    DatasetSection,
    SearchSection,
    Splits,
    address_of,
    build_app,
    listen,
)

NAMES = ('chromium', 'chromium-browser', 'google-chrome')
FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
]

# A busy machine takes its time.
expect.set_options(timeout=30_000)

PROGRAM = os.environ.get('CPCL_MM_BROWSER') or next(filter(None, map(shutil.which, NAMES)), None)

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason='no browser on this machine: apt-get install chromium'
)


@pytest.fixture(scope='module')
def browser():
    """Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope='module')
def address(make_encoder, dataset_config, tmp_path_factory):
    """Where a server in a thread shows three images and a data set."""
    folder = tmp_path_factory.mktemp('page')
    for color, name in (('red', 'red.png'), ('lime', 'green.png'), ('blue', 'blue.png')):
        PIL.Image.new('RGB', (8, 16), color).save(folder / name)
    searcher = PersonSearcher(make_encoder(), num_threads=1)
    searcher.index(folder)
    search = SearchSection(searcher, examples=['a man in red'])
    app = build_app([search, DatasetSection(Splits(dataset_config), can_search=True)])
    with listen('127.0.0.1', 0) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level='warning', lifespan='off'))
        thread = threading.Thread(target=server.run, kwargs={'sockets': [listening]})
        thread.start()
        yield address_of(listening)
        server.should_exit = True
        thread.join()


@pytest.fixture
def large(tmp_path):
    """A file that is larger than an upload may be."""
    (tmp_path / 'large.png').write_bytes(bytes(15_000_000))
    return tmp_path / 'large.png'


@pytest.fixture
def page(browser, address):
    """The start page; afterwards, all that it asked for must have come from the server."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    requests, complaints = [], []
    page.on('request', lambda request: requests.append(request.url))
    page.on('console', lambda message: complaints.append(message.text))
    page.on('pageerror', lambda error: complaints.append(str(error)))
    page.goto('/')
    yield page
    context.close()
    assert [url for url in requests if not url.startswith(address)] == []
    assert len(requests) > 3
    assert complaints == []


def test_all_of_a_search_by_keyboard(page):
    # The box has the focus from the start.
    page.keyboard.type('a man in blue')
    page.keyboard.press('Enter')
    expect(page.locator('#results')).to_contain_text('3 of 3 images')

    # On to the first result, and into the viewer.
    first = page.locator('a.tile').first
    while not first.evaluate('link => link === document.activeElement'):
        page.keyboard.press('Tab')
    page.keyboard.press('Enter')
    viewer = page.get_by_role('dialog')
    expect(viewer.locator('figcaption')).to_contain_text('Rank 1')
    expect(viewer.locator('figcaption')).to_contain_text('blue.png')
    page.keyboard.press('ArrowRight')
    expect(viewer.locator('figcaption')).to_contain_text('Rank 2')
    # Before the first comes the last.
    page.keyboard.press('ArrowLeft')
    page.keyboard.press('ArrowLeft')
    expect(viewer.locator('figcaption')).to_contain_text('Rank 3')
    page.keyboard.press('ArrowRight')
    page.keyboard.press('ArrowRight')
    page.keyboard.press('Escape')
    expect(viewer).to_be_hidden()
    # The focus is where the eye is.
    expect(page.locator('a.tile').nth(1)).to_be_focused()


def test_the_full_image_by_mouse(page):
    page.get_by_role('link', name='a man in red').click()
    page.get_by_role('link', name='Rank 1').first.click()
    viewer = page.get_by_role('dialog')
    shown = viewer.get_by_role('img', name='Rank 1')
    expect(shown).to_have_js_property('naturalHeight', 16)
    assert shown.get_attribute('src').endswith('/file')
    viewer.get_by_role('button', name='Close').click()
    expect(viewer).to_be_hidden()


def test_an_image_is_uploaded_and_searched_by(page, picture):
    page.get_by_label('Query image').set_input_files(
        {'name': 'query.png', 'mimeType': 'image/png', 'buffer': picture('lime')}
    )
    page.get_by_role('button', name='Search').click()
    expect(page.get_by_alt_text('Your query image')).to_have_js_property('naturalHeight', 8)
    expect(page.locator('ol li').first).to_contain_text('green.png')
    # It stays while the sentence changes.
    page.get_by_label('Describe a person').fill('red')
    page.get_by_label('Weight of the image').fill('0.1')
    expect(page.locator('output[for=weight]')).to_have_text('0.1')
    page.get_by_role('button', name='Search').click()
    expect(page.locator('ol li').first).to_contain_text('red.png')
    page.get_by_role('link', name='Remove the image').click()
    expect(page.get_by_alt_text('Your query image')).to_have_count(0)


def test_a_file_that_is_too_large_is_not_sent(page, large):
    page.get_by_label('Query image').set_input_files(large)
    page.get_by_role('button', name='Search').click()
    problem = page.get_by_label('Query image').evaluate('input => input.validationMessage')
    assert problem == 'This file is too large: at most 10 MB.'
    assert page.url.endswith('/')


def test_from_the_data_set_to_a_search(page):
    page.get_by_role('link', name='Data set').click()
    expect(page.locator('ul.cards li')).to_have_count(12)
    page.get_by_label('Split').select_option('test')
    page.get_by_role('button', name='Show').click()
    expect(page.locator('ul.cards li')).to_have_count(6)
    page.go_back()
    page.locator('a.caption', has_text='red shirt').first.click()
    expect(page.locator('#results')).to_contain_text('3 of 3 images')


def test_on_a_phone_the_results_come_before_the_settings(browser, address):
    with browser.new_context(base_url=address, viewport={'width': 390, 'height': 844}) as context:
        page = context.new_page()
        page.goto('/?text=red')
        parts = [page.locator(part) for part in ('#text', '#results', 'ol', '#settings')]
        tops = [part.bounding_box()['y'] for part in parts]
        assert tops == sorted(tops)
        assert page.evaluate('document.documentElement.scrollWidth') == 390
        # The way to them and back again.
        page.get_by_role('link', name='Settings').click()
        expect(page.get_by_label('Images to show')).to_be_in_viewport()
        page.get_by_label('Images to show').fill('1')
        page.get_by_role('button', name='Apply').click()
        expect(page.locator('#results')).to_contain_text('1 of 3 images')
        page.set_viewport_size({'width': 1200, 'height': 900})
        assert parts[3].bounding_box()['y'] < parts[1].bounding_box()['y']


def test_the_page_needs_no_javascript(browser, address):
    with browser.new_context(base_url=address, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto('/')
        page.get_by_label('Describe a person').fill('a man in red')
        page.get_by_role('button', name='Search').click()
        page.get_by_role('link', name='Rank 1').first.click()
        expect(page.get_by_role('heading', level=1)).to_contain_text('of the gallery')
        expect(page.get_by_text('red.png')).to_be_visible()


def test_an_answer_comes_even_if_the_file_is_far_too_large(browser, address, large):
    with browser.new_context(base_url=address, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto('/')
        page.get_by_label('Query image').set_input_files(large)
        page.get_by_role('button', name='Search').click()
        expect(page.get_by_role('alert')).to_have_text('The file is too large: at most 10 MB.')
