"""The search page, as a browser without JavaScript sees it, and what is behind it."""

import asyncio
import re
import threading
import warnings
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from cpcl_mm.search import PersonSearcher
from cpcl_mm.search.web import SearchSection
from cpcl_mm.search.web.query import Query


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
    searcher.gallery.put([(name, '1')], searcher.gallery.features[:1])
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
    answer = send(client, text='blue', topk='1', rerank='1', weight='0.5', like='')
    assert str(answer.url) == 'http://localhost/?text=blue&topk=1&rerank=True'
    assert tiles(answer) == ['Rank 1: below/blue.png']
    assert 'value="blue"' in answer.text
    assert '<option value="1" selected>' in answer.text


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
    assert client.get(f'/images/{row}/file').headers['content-type'] == 'image/jpeg'
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


def test_forms_that_are_refused(client, picture, monkeypatch):
    monkeypatch.setattr('cpcl_mm.utils.image_file.MAX_PIXELS', 10_000)
    monkeypatch.setattr('cpcl_mm.search.web.uploads.MAX_BYTES', 50_000)
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


def names(answer):
    return [Path(result.path).name for result in answer.results]


def row_of(section, name):
    return next(row for row in range(3) if section.file_of(row).endswith(name))


def test_a_sentence_finds_images(section, crops):
    answer = section.find(Query(text='a man in red'))
    best = answer.results[0]
    assert (best.rank, best.path, best.is_gone) == (1, str(crops / 'red.png'), False)
    assert best.score == pytest.approx(1)
    assert section.file_of(row_of(section, 'red.png')) == best.path
    assert len(answer.results) == 3
    assert answer.milliseconds > 0
    assert answer.notes == []


def test_an_image_of_the_gallery_finds_its_like(section):
    query = Query(like=row_of(section, 'blue.png'), topk=1)
    assert names(section.find(query)) == ['blue.png']


def test_an_uploaded_image_finds_its_like(section, picture):
    query = Query(upload=section.uploads.add(picture('lime')), topk=1)
    assert names(section.find(query)) == ['green.png']


@pytest.mark.parametrize(('weight', 'best'), [(0.2, 'red.png'), (0.8, 'green.png')])
def test_sentence_and_image_are_weighed(section, picture, weight, best):
    key = section.uploads.add(picture('lime'))
    assert names(section.find(Query(text='red', upload=key, weight=weight)))[0] == best


def test_results_can_be_re_ranked(section):
    cosine, other = (section.find(Query(text='red', rerank=x)) for x in (False, True))
    assert [found.score for found in cosine.results] != [found.score for found in other.results]


def test_images_that_are_gone_are_found_and_marked(section, crops):
    (crops / 'red.png').unlink()
    answer = section.find(Query(text='red', topk=2))
    assert [result.is_gone for result in answer.results] == [True, False]
    assert answer.notes[0].startswith('1 of these 2 images is gone')
    assert '--prune' in answer.notes[0]


def test_warnings_of_the_model_reach_the_page(section, monkeypatch):
    encode = section.searcher.encoder.encode_texts

    def warn(texts):
        warnings.warn('ignores the end', stacklevel=1)
        warnings.warn('of no interest', DeprecationWarning, stacklevel=1)
        return encode(texts)

    monkeypatch.setattr(section.searcher.encoder, 'encode_texts', warn)
    assert section.find(Query(text='red')).notes == ['ignores the end']


@pytest.mark.parametrize(
    ('query', 'status', 'says'),
    [
        (Query(like=3), 404, 'no image 3'),
        (Query(upload='unknown'), 404, 'no longer kept'),
    ],
)
def test_what_is_not_there(section, query, status, says):
    with pytest.raises(HTTPException, match=f'{status}: .*{says}'):
        section.find(query)


def test_what_the_searcher_refuses_is_told(section, crops):
    row = row_of(section, 'red.png')
    (crops / 'red.png').unlink()
    with pytest.raises(HTTPException, match=r'400: .*the query image .*red\.png: does not exist'):
        section.find(Query(like=row))


def test_an_empty_gallery(encoder):
    with pytest.raises(ValueError, match='the gallery is empty: index images first'):
        SearchSection(PersonSearcher(encoder))


def test_one_search_at_a_time_and_the_page_goes_on_meanwhile(section, monkeypatch):
    searching, together, gate = [], [], threading.Event()
    search = section.searcher.search

    def watched(*args):
        searching.append(args)
        together.append(len(searching))
        gate.wait(10)
        try:
            return search(*args)
        finally:
            searching.pop()

    async def run():
        requests = [Request({'type': 'http', 'query_string': b'text=red'}) for _ in range(3)]
        answers = [asyncio.ensure_future(section.show(request)) for request in requests]
        await asyncio.sleep(0)
        gate.set()
        return await asyncio.gather(*answers)

    monkeypatch.setattr(section.searcher, 'search', watched)
    monkeypatch.setattr('cpcl_mm.search.web.search_section.render', lambda *_, **context: context)
    assert all(answer['answer'].results for answer in asyncio.run(run()))
    assert together == [1, 1, 1]
