import numpy as np
import PIL.Image
import pytest

from cpcl_mm.search import GalleryFile, IndexSettings, PersonSearcher, SearchResult, draw_results
from cpcl_mm.search.reranking import KReciprocal


@pytest.fixture
def searcher(encoder):
    return PersonSearcher(encoder, batch_size=2, num_threads=1)


@pytest.fixture
def indexed(searcher, crops):
    searcher.index(crops)
    return searcher


def names(results):
    return [result.path.split('/')[-1] for result in results]


def test_a_sentence_finds_images_with_path_score_and_rank(indexed, crops):
    best, second, third = indexed.search('a man in red')
    assert (best.rank, second.rank, third.rank) == (1, 2, 3)
    assert best.path == str(crops / 'red.png')
    assert best.score == pytest.approx(1)
    assert best.score > second.score >= third.score


def test_several_sentences_have_a_list_of_results_each(indexed):
    found = indexed.search(['a man in red', 'a woman in blue'], topk=1)
    assert [names(results) for results in found] == [['red.png'], ['blue.png']]


def test_an_image_finds_its_like(indexed):
    assert names(indexed.search_by_image(PIL.Image.new('RGB', (4, 4), (0, 200, 9)), 1)) == [
        'green.png'
    ]


def test_both_together_are_weighed(indexed, crops):
    def best(weight):
        found = indexed.search('red', 3, image=crops / 'green.png', image_weight=weight)
        return names(found)[0], found[1].score

    assert best(0.2)[0] == 'red.png'
    assert best(0.8)[0] == 'green.png'
    # The lesser of two cosines of 1 counts a fifth.
    assert best(0.2)[1] == pytest.approx(0.2, abs=0.01)
    with pytest.raises(ValueError, match=r'image_weight=2 must lie in \[0, 1\]'):
        best(2)


def test_a_ranker_takes_the_place_of_the_cosine(indexed):
    scores = [r.score for r in indexed.search('red', ranker=KReciprocal(k1=1, k2=1, weight=0.9))]
    assert scores != [r.score for r in indexed.search('red')]


def test_topk_beyond_the_gallery_gives_all_of_it(indexed):
    assert len(indexed.search('red', topk=100)) == 3


def test_a_query_image_that_cannot_be_used_is_named(indexed, tmp_path):
    with pytest.raises(ValueError, match=r'the query image .*gone.png: does not exist'):
        indexed.search_by_image(tmp_path / 'gone.png')
    with pytest.raises(ValueError, match='the query image given: is an array'):
        indexed.search_by_image(np.zeros((2, 2, 3)))


def test_searching_before_indexing(searcher):
    with pytest.raises(ValueError, match='empty: index images first'):
        searcher.search('red')


def test_what_is_there_and_unchanged_is_not_encoded_again(indexed, crops, encoder):
    PIL.Image.new('RGB', (8, 16), 'white').save(crops / 'white.png')
    PIL.Image.new('RGB', (9, 16), 'lime').save(crops / 'red.png')
    report = indexed.index(crops)
    assert (report.encoded, report.unchanged, report.skipped) == (2, 2, {})
    assert encoder.encoded == 3 + 2
    assert sorted(names(indexed.search('green', topk=2))) == ['green.png', 'red.png']


def test_removed_images_are_no_longer_found(indexed, crops):
    indexed.gallery.remove([str(crops / 'red.png')])
    assert 'red.png' not in names(indexed.search('red'))


def test_images_whose_file_is_gone_are_found_until_they_are_taken_out(indexed, crops):
    (crops / 'red.png').unlink()
    assert names(indexed.search('red', 1)) == ['red.png']
    assert indexed.remove_missing() == [str(crops / 'red.png')]
    assert 'red.png' not in names(indexed.search('red'))


def test_unusable_images_are_reported(searcher, crops):
    (crops / 'red.png').write_text('no image')
    report = searcher.index([crops, crops / 'gone.jpg'])
    assert report.encoded == 2
    assert list(report.skipped) == [str(crops / 'red.png'), str(crops / 'gone.jpg')]


def test_if_no_image_can_be_used_that_is_an_error(searcher, crops):
    with pytest.raises(ValueError, match=r'none of 2 images .*gone.jpg: does not exist'):
        searcher.index([crops / 'gone.jpg', crops / 'gone, too.jpg'], save_to=crops / 'a.npz')
    assert not GalleryFile(crops / 'a.npz').exists()


def test_a_saved_gallery_is_searched_without_encoding_images(indexed, make_encoder, tmp_path):
    indexed.save(tmp_path / 'crops.npz')
    other = PersonSearcher(make_encoder())
    other.load(tmp_path / 'crops.npz')
    assert other.search('red') == indexed.search('red')
    assert other.encoder.encoded == 0


def test_a_gallery_of_another_model_is_refused(indexed, make_encoder, tmp_path):
    indexed.save(tmp_path / 'crops.npz')
    other = PersonSearcher(make_encoder('0th3r'))
    with pytest.raises(ValueError, match=r'crops.npz was made by another model: .*c0105.*0th3r'):
        other.load(tmp_path / 'crops.npz')


def test_a_crash_while_indexing_costs_no_more_than_the_last_batch(make_encoder, crops, tmp_path):
    path = tmp_path / 'crops.npz'
    crashing = make_encoder()
    crashing.fail_at = 2
    with pytest.raises(KeyboardInterrupt):
        PersonSearcher(crashing, batch_size=1, num_threads=1).index(crops, save_to=path)
    assert not path.exists()

    again = PersonSearcher(make_encoder(), batch_size=1, num_threads=1)
    again.load(path)
    report = again.index(crops, save_to=path)
    assert (report.encoded, report.unchanged) == (1, 2)
    assert {file.name for file in tmp_path.iterdir()} == {'crops', 'crops.npz'}
    assert len(GalleryFile(path).load()) == 3


def test_an_interruption_keeps_what_was_encoded_in_memory_too(searcher, crops):
    searcher.encoder.fail_at = 2
    with pytest.raises(KeyboardInterrupt):
        searcher.index(crops)
    assert len(searcher.gallery) == 2


def test_a_gallery_that_was_not_loaded_is_not_overwritten(searcher, indexed, crops, make_encoder):
    path = crops.with_name('crops.npz')
    indexed.save(path)
    other = PersonSearcher(make_encoder())
    with pytest.raises(ValueError, match=r"crops.npz holds a gallery already: load\('"):
        other.index(crops / 'red.png', save_to=path)
    indexed.index(crops, save_to=path)


def test_what_another_process_is_writing_is_left_alone(indexed, tmp_path):
    file = GalleryFile(tmp_path / 'crops.npz')
    with file.writing():
        file.append(indexed.gallery)
        with pytest.raises(BlockingIOError, match='another process writes'):
            indexed.save(file.path)
    assert len(file.load()) == 3


def test_the_kind_of_index_is_saved_and_can_be_changed(encoder, crops, tmp_path):
    PersonSearcher(encoder, index=IndexSettings('ivf', 3)).index(crops, save_to=tmp_path / 'a.npz')
    kept, changed = PersonSearcher(encoder), PersonSearcher(encoder, index='hnsw')
    for searcher in (kept, changed):
        searcher.load(tmp_path / 'a.npz')
    assert kept.gallery.settings == IndexSettings('ivf', 3)
    assert changed.gallery.settings == IndexSettings('hnsw')


def test_a_gallery_opens_with_the_checkpoint_that_made_it(small_checkpoint, pedes_root, tmp_path):
    searcher = PersonSearcher(small_checkpoint, device='cpu')
    searcher.index(pedes_root / 'imgs', save_to=tmp_path / 'pedes.npz')
    opened = PersonSearcher.open(tmp_path / 'pedes.npz', device='cpu')
    assert opened.search('a red shirt') == searcher.search('a red shirt')


def test_a_checkpoint_that_has_moved_is_asked_for(indexed, tmp_path):
    indexed.save(tmp_path / 'crops.npz')
    with pytest.raises(FileNotFoundError, match=r'colors.pth that made .*crops.npz.*--checkpoint'):
        PersonSearcher.open(tmp_path / 'crops.npz')


@pytest.fixture
def drawn(monkeypatch):
    """The rows that the sheet gets."""
    rows = []

    def draw(queries, topk, title):
        rows.extend(queries)
        return PIL.Image.new('RGB', (topk, 1))

    monkeypatch.setattr('cpcl_mm.search.person_searcher.draw_ranked_sheet', draw)
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
