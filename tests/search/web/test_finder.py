import warnings

import PIL.Image
import pytest
from starlette.exceptions import HTTPException

from cpcl_mm.search import PersonSearcher
from cpcl_mm.search.web.finder import Finder
from cpcl_mm.search.web.query import Query
from cpcl_mm.search.web.uploads import Uploads


@pytest.fixture
def finder(searcher):
    return Finder(searcher, Uploads(max_bytes=10_000, max_pixels=10_000))


def names(answer):
    return [hit.path.name for hit in answer.hits]


def row_of(finder, name):
    return next(row for row in range(len(finder)) if finder.path(row).endswith(name))


def test_a_sentence_finds_images(finder, crops):
    answer = finder.find(Query(text='a man in red'))
    best = answer.hits[0]
    assert (best.rank, best.path, best.is_gone) == (1, crops / 'red.png', False)
    assert best.score == pytest.approx(1)
    assert finder.path(best.row) == str(best.path)
    assert best.name == 'crops/red.png'
    assert len(answer.hits) == 3
    assert answer.milliseconds > 0
    assert answer.notes == []


def test_an_image_of_the_gallery_finds_its_like(finder):
    query = Query(like=row_of(finder, 'blue.png'), topk=1)
    assert names(finder.find(query)) == ['blue.png']


def test_an_uploaded_image_finds_its_like(finder, picture):
    query = Query(upload=finder.uploads.add(picture('lime')), topk=1)
    assert names(finder.find(query)) == ['green.png']


@pytest.mark.parametrize(('weight', 'best'), [(0.2, 'red.png'), (0.8, 'green.png')])
def test_sentence_and_image_are_weighed(finder, picture, weight, best):
    key = finder.uploads.add(picture('lime'))
    assert names(finder.find(Query(text='red', upload=key, weight=weight)))[0] == best


def test_results_can_be_re_ranked(finder):
    cosine, other = (finder.find(Query(text='red', rerank=way)) for way in ('', 'k-reciprocal'))
    assert [hit.score for hit in cosine.hits] != [hit.score for hit in other.hits]


def test_images_that_are_gone_are_found_and_marked(finder, crops):
    (crops / 'red.png').unlink()
    answer = finder.find(Query(text='red', topk=2))
    assert [hit.is_gone for hit in answer.hits] == [True, False]
    assert answer.notes[0].startswith('1 of these 2 images is gone')
    assert '--prune' in answer.notes[0]


def test_warnings_of_the_model_reach_the_page(finder, monkeypatch):
    encode = finder.searcher.encoder.encode_texts

    def warn(texts):
        warnings.warn('ignores the end', stacklevel=1)
        warnings.warn('of no interest', DeprecationWarning, stacklevel=1)
        return encode(texts)

    monkeypatch.setattr(finder.searcher.encoder, 'encode_texts', warn)
    assert finder.find(Query(text='red')).notes == ['ignores the end']


@pytest.mark.parametrize(
    ('query', 'status', 'says'),
    [
        (Query(like=3), 404, 'no image 3'),
        (Query(upload='unknown'), 404, 'no longer kept'),
    ],
)
def test_what_is_not_there(finder, query, status, says):
    with pytest.raises(HTTPException, match=f'{status}: .*{says}'):
        finder.find(query)


def test_what_the_searcher_refuses_is_told(finder, crops):
    row = row_of(finder, 'red.png')
    (crops / 'red.png').unlink()
    with pytest.raises(HTTPException, match=r'400: .*the query image .*red\.png: does not exist'):
        finder.find(Query(like=row))


def test_images_from_memory_have_no_file(encoder, tmp_path, monkeypatch):
    # A name is no path: a file that happens to be called so is another one.
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'gate').write_text('secret')
    searcher = PersonSearcher(encoder, num_threads=1)
    searcher.index({'gate': PIL.Image.new('RGB', (2, 4), 'red')})
    finder = Finder(searcher, Uploads(1000, 1000))
    assert finder.find(Query(text='red')).hits[0].is_gone
    with pytest.raises(HTTPException, match='404: The image gate was indexed from memory'):
        finder.path(0)


def test_an_empty_gallery(encoder):
    with pytest.raises(ValueError, match='the gallery is empty: index images first'):
        Finder(PersonSearcher(encoder), Uploads(1000, 1000))
