import numpy as np
import pytest
import torch

from cpcl_mm.pseudo_labels.features import normalise
from cpcl_mm.pseudo_labels.neighbours import nearest_neighbours, tiles
from cpcl_mm.pseudo_labels.neighbours.products import Products


def test_rounding_errors_of_the_product_do_not_show(monkeypatch, person_features):
    features = normalise(person_features(1500, 32) * 1e-3 + 1)
    exact = nearest_neighbours(features, 8, backend='cpu')
    rng = np.random.default_rng(0)
    made = tiles._tiles

    def noisy_tiles(products, rows, total):
        bound = features.shape[1] * 2.0**-24
        for row, column, tile in made(products, rows, total):
            noise = rng.uniform(-bound, bound, tile.shape).astype(np.float32)
            yield row, column, tile + noise

    monkeypatch.setattr(tiles, '_tiles', noisy_tiles)
    np.testing.assert_array_equal(nearest_neighbours(features, 8, backend='cpu'), exact)


def similarities_offered(rows, total):
    """How often the tiles give each similarity to its row, for rows of a share."""
    products = Products(torch.eye(total))
    offered = np.zeros((total, total), dtype=int)
    for row, column, tile in tiles._tiles(products, rows, total):
        height, width = tile.shape
        assert tile.tolist() == np.eye(total)[row : row + height, column : column + width].tolist()
        offered[row : row + height, column : column + width] += 1
        if row != column and column in rows:
            offered[column : column + width, row : row + height] += 1
    return offered


@pytest.mark.parametrize(
    'rows', [range(0, 20), range(0, 7), range(5, 12), range(13, 20), range(9, 10)]
)
def test_the_rows_of_a_share_get_every_similarity_once(monkeypatch, rows):
    monkeypatch.setattr(tiles, '_TILE', 3)
    offered = similarities_offered(rows, 20)
    assert (offered[rows] == 1).all()
    assert (np.delete(offered, rows, axis=0) == 0).all()


@pytest.mark.parametrize('num_threads', [1, 2])
def test_candidates_of_a_share_hold_its_neighbours(person_features, dense_ranking, num_threads):
    features = person_features(700)
    expected = dense_ranking(features)
    rows = range(100, 333)
    seen = []
    for part in tiles.propose(
        torch.from_numpy(normalise(features)), rows, 6, 'float32', num_threads
    ):
        for row, index, used in zip(part.rows, part.index, part.used, strict=True):
            assert set(expected[row, 1:7]) <= set(index[:used].tolist())
            seen.append(int(row))
    assert seen == list(rows)


def test_memory_is_for_the_rows_of_the_share_alone(monkeypatch, person_features):
    made = []
    no_candidates = tiles._no_candidates

    def watched(rows, slots, *settings, **options):
        made.append(rows * slots)
        return no_candidates(rows, slots, *settings, **options)

    monkeypatch.setattr(tiles, '_no_candidates', watched)
    features = torch.from_numpy(normalise(person_features(900)))
    list(tiles.propose(features, range(300, 400), 9, 'float32', 1))
    assert sum(made) == 100 * (2 * 9 + 64)


def test_an_interruption_leaves_the_settings_as_they_were(monkeypatch, person_features):
    features = normalise(person_features(600, 64))
    before = torch.get_float32_matmul_precision()
    expected = nearest_neighbours(features, 5, backend='cpu')
    torch.set_float32_matmul_precision('medium')
    during = []

    def interrupted(*arguments):
        during.append(torch.get_float32_matmul_precision())
        raise KeyboardInterrupt

    try:
        with monkeypatch.context() as patch:
            patch.setattr(tiles, '_scan_tile', interrupted)
            with pytest.raises(KeyboardInterrupt):
                nearest_neighbours(features, 5, backend='cpu')
        after = torch.get_float32_matmul_precision()
    finally:
        torch.set_float32_matmul_precision(before)
    assert (during, after) == (['highest'], 'medium')
    np.testing.assert_array_equal(nearest_neighbours(features, 5, backend='cpu'), expected)
