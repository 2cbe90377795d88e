import PIL.Image
import pytest

from cpcl_mm.search import SearchResult, draw_results


@pytest.fixture
def drawn(monkeypatch):
    """The rows that the sheet gets."""
    rows = []

    def draw(queries, topk, title):
        rows.extend(queries)
        return PIL.Image.new('RGB', (topk, 1))

    monkeypatch.setattr('cpcl_mm.search.results.draw_ranked_sheet', draw)
    return rows


def test_every_query_is_a_row_with_its_results(drawn):
    found = [SearchResult(1, 0.9, 'a.jpg'), SearchResult(2, 0.5, 'b.jpg')]
    sheet = draw_results(['red', 'blue'], [found, found[:1]], ['query.jpg', None])
    assert sheet.width == 2
    assert [row.caption for row in drawn] == ['red', 'blue']
    assert [row.gallery_paths for row in drawn] == [['a.jpg', 'b.jpg'], ['a.jpg']]
    assert drawn[0].scores == [0.9, 0.5]
    assert [row.image_path for row in drawn] == ['query.jpg', None]
    assert drawn[0].is_match == [None, None]


def test_images_that_are_gone_do_not_stop_the_picture():
    sheet = draw_results(['red'], [[SearchResult(1, 0.9, '/nowhere/gone.jpg')]])
    assert sheet.height > 200
