import numpy as np
import pytest

from cpcl_mm.search import Gallery, IndexSettings, ModelOrigin

MODEL = ModelOrigin('c0105', 'colors.pth')
RED, GREEN, BLUE = np.eye(3, dtype=np.float32)


@pytest.fixture
def gallery():
    gallery = Gallery(MODEL)
    gallery.put([('red', '1'), ('green', '1')], np.stack([RED, GREEN]))
    return gallery


def best(gallery, query, topk=1):
    _, rows = gallery.search(query[None], topk)
    return [gallery.names[row] for row in rows[0]]


def test_images_are_found_by_their_features(gallery):
    assert best(gallery, GREEN) == ['green']
    assert gallery.versions['red'] == '1'


def test_added_images_are_found_and_those_before_stay(gallery):
    assert best(gallery, BLUE) != ['blue']
    gallery.put([('blue', '1')], BLUE[None])
    assert best(gallery, BLUE) == ['blue']
    assert best(gallery, RED) == ['red']
    assert len(gallery) == 3


def test_an_image_that_has_changed_takes_its_own_place(gallery):
    gallery.put([('blue', '1'), ('red', '2')], np.stack([BLUE, -RED]))
    assert gallery.versions == {'red': '2', 'green': '1', 'blue': '1'}
    assert gallery.names == ['red', 'green', 'blue']
    np.testing.assert_array_equal(gallery.features, [-RED, GREEN, BLUE])


def test_of_an_image_that_comes_twice_the_later_counts(gallery):
    gallery.put([('blue', '1'), ('blue', '2')], np.stack([RED, BLUE]))
    assert gallery.versions['blue'] == '2'
    assert best(gallery, BLUE) == ['blue']


def test_removed_images_are_not_found(gallery):
    gallery.put([('blue', '1')], BLUE[None])
    gallery.remove(['green'])
    assert gallery.names == ['red', 'blue']
    assert best(gallery, GREEN, topk=9) == ['red', 'blue']
    assert best(gallery, BLUE) == ['blue']


@pytest.mark.parametrize('kind', ['exact', 'ivf', 'hnsw'])
def test_every_kind_of_index_follows_changes(kind):
    gallery = Gallery(MODEL, IndexSettings(kind))
    gallery.put([('red', '1'), ('green', '1')], np.stack([RED, GREEN]))
    assert best(gallery, RED) == ['red']
    gallery.remove(['red'])
    gallery.put([('blue', '1')], BLUE[None])
    assert best(gallery, BLUE) == ['blue']


def test_topk_beyond_the_gallery_gives_all_of_it(gallery):
    assert best(gallery, GREEN, topk=100) == ['green', 'red']


def test_an_empty_gallery_and_an_impossible_topk(gallery):
    with pytest.raises(ValueError, match='topk=0'):
        gallery.search(RED[None], 0)
    with pytest.raises(ValueError, match='empty: index images first'):
        Gallery(MODEL).search(RED[None], 1)


def test_features_that_do_not_fit_are_refused(gallery):
    with pytest.raises(ValueError, match=r'\(1, 2\) for a gallery that takes \(1, 3\)'):
        gallery.put([('blue', '1')], np.ones((1, 2), np.float32))
    with pytest.raises(ValueError, match=r'\(2, 3\) for a gallery'):
        gallery.put([('blue', '1')], np.ones((2, 3), np.float32))


def test_the_features_cannot_be_written_to(gallery):
    with pytest.raises(ValueError, match='read-only'):
        gallery.features[0] = 0
