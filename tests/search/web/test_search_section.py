"""The search page, as a browser without JavaScript sees it."""

import re

import pytest

from cpcl_mm.search import Entry
from cpcl_mm.search.web import SearchSection


def tiles(answer):
    """Alternative texts of the images that were found."""
    return re.findall(r'<img src="/images/\d+/thumbnail" alt="(Rank [^"]*)"', answer.text)


def links(answer, text):
    """Addresses of the links with a text."""
    found = re.findall(rf'<a [^>]*href="([^"]*)"[^>]*>{text}</a>', answer.text)
    return [address.replace('&amp;', '&') for address in found]


def send(client, picture=None, **fields):
    files = {'image': ('name.png', picture if picture is not None else b'')}
    return client.post('/search', data=fields, files=files)


def test_the_start_has_a_box_and_examples(client):
    answer = client.get('/')
    assert answer.status_code == 200
    assert '<label for="text">' in answer.text
    assert 'id="results"' not in answer.text
    assert links(answer, 'a man in red') == ['/?text=a+man+in+red']


def test_a_gallery_with_any_name_is_shown(client_of, searcher):
    name = '/old/caf\udce9.png'
    searcher.gallery.put([Entry(name, '1')], searcher.gallery.features[:1])
    client = client_of(SearchSection(searcher))
    answer = client.get('/?text=red')
    assert answer.status_code == 200
    assert r'old/caf\udce9.png' in answer.text
    row = searcher.gallery.names.index(name)
    assert client.get(f'/images/{row}').status_code == 200
    assert client.get(f'/images/{row}/file').status_code == 404


def test_an_example_leads_to_its_results(client):
    answer = client.get(links(client.get('/?topk=2'), 'a man in red')[0])
    assert tiles(answer)[0] == 'Rank 1: crops/red.png'
    assert len(tiles(answer)) == 2
    assert '2 of 3 images' in answer.text
    assert re.search(r'in [\d.,]+ ms', answer.text)
    assert '1.000' in answer.text


def test_a_form_leads_to_an_address_that_holds_the_query(client):
    answer = send(client, text='blue', topk='1', rerank='expansion', weight='0.5', like='')
    assert str(answer.url) == 'http://localhost/?text=blue&topk=1&rerank=expansion'
    assert tiles(answer) == ['Rank 1: below/blue.png']
    assert 'value="blue"' in answer.text
    assert '<option value="expansion" selected>' in answer.text


def test_an_uploaded_image_is_searched_by_and_kept(client, picture):
    answer = send(client, picture('lime'), topk='1')
    assert tiles(answer) == ['Rank 1: crops/green.png']
    shown = re.search(r'src="(/uploads/\w+)" alt="Your query image"', answer.text).group(1)
    assert client.get(shown).headers['content-type'] == 'image/jpeg'
    key = re.search(r'name="upload" value="(\w+)"', answer.text).group(1)
    both = send(client, text='red', upload=key, weight='0.1', topk='1')
    assert tiles(both) == ['Rank 1: crops/red.png']
    assert client.get(links(both, 'Remove the image')[0]).url.query == b'text=red&weight=0.1&topk=1'


def test_similar_images_can_be_asked_for(client):
    answer = client.get('/?text=blue&topk=1')
    assert tiles(client.get(links(answer, 'Similar')[0])) == ['Rank 1: below/blue.png']


def test_an_image_can_be_looked_at(client, crops):
    row = re.search(r'href="/images/(\d+)"', client.get('/?text=red&topk=1').text).group(1)
    page = client.get(f'/images/{row}')
    assert str(crops / 'red.png') in page.text
    assert links(page, 'Search by this image') == [f'/?like={row}']
    assert client.get(f'/images/{row}/file').content == (crops / 'red.png').read_bytes()
    assert client.get(f'/images/{row}/thumbnail').headers['content-type'] == 'image/jpeg'


def test_images_that_are_gone_are_said_to_be(client, crops):
    (crops / 'red.png').unlink()
    answer = client.get('/?text=red')
    assert len(tiles(answer)) == 2
    assert 'no such file any more' in answer.text
    assert '1 of these 3 images is gone' in answer.text


@pytest.mark.parametrize('path', ['/images/3', '/images/3/file', '/images/-1/file', '/uploads/x'])
def test_only_images_of_the_gallery_are_served(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ('address', 'status', 'says'),
    [
        ('/?text=...', 400, 'There are no words in &#34;...&#34;'),
        ('/?text=red&topk=x', 400, 'topk='),
        ('/?like=9', 404, 'There is no image 9'),
        ('/?upload=x', 404, 'no longer kept'),
    ],
)
def test_a_problem_is_said_on_the_page(client, address, status, says):
    answer = client.get(address)
    assert answer.status_code == status
    assert says in re.search(r'<p class="problem" role="alert">(.*?)</p>', answer.text).group(1)


def test_forms_that_are_refused(client, picture):
    refused = [
        (send(client, text=' '), 400, 'describe a person in words, or choose an image'),
        (send(client, text='red ' * 600), 400, 'has 2,400 characters'),
        (send(client, b'no image', text='red'), 415, 'is not a readable image'),
        (send(client, picture(size=(200, 100))), 413, 'has 200 x 100 pixels'),
        (send(client, bytes(60_000)), 413, 'too large: at most 0.05 MB'),
        (send(client, bytes(900_000)), 413, 'too large: at most 0.05 MB'),
    ]
    for answer, status, says in refused:
        assert answer.status_code == status
        assert says in answer.text
    # What was typed is still there.
    assert 'value="red"' in refused[2][0].text


def test_text_from_outside_is_escaped(client):
    answer = client.get('/', params={'text': '"><script>alert(1)</script> red'})
    assert '<script>alert' not in answer.text
    assert '&lt;script&gt;' in answer.text
