import numpy as np
import pytest
import torch

from cpcl_mm.kreciprocal import tiles
from cpcl_mm.kreciprocal.features import normalize
from cpcl_mm.kreciprocal.neighbors import nearest_neighbors


def test_rounding_errors_of_the_product_do_not_show(monkeypatch, person_features):
    features = normalize(person_features(1500, 32) * 1e-3 + 1)
    exact = nearest_neighbors(features, 8, backend='cpu')
    rng = np.random.default_rng(0)
    multiply = torch.mm

    def multiply_with_noise(rows, columns, out):
        multiply(rows, columns, out=out)
        bound = features.shape[1] * 2.0**-24
        out += torch.from_numpy(rng.uniform(-bound, bound, out.shape).astype(np.float32))

    monkeypatch.setattr(torch, 'mm', multiply_with_noise)
    np.testing.assert_array_equal(nearest_neighbors(features, 8, backend='cpu'), exact)


def similarities_offered(rows, total):
    """How often the tiles give each similarity to its row, for rows of a share."""
    offered = np.zeros((total, total), dtype=int)
    for row, column in sum(tiles._rounds(rows, total), []):
        offered[np.ix_(row, column)] += 1
        if row != column and column.start in rows:
            offered[np.ix_(column, row)] += 1
    return offered


@pytest.mark.parametrize(
    'rows', [range(0, 20), range(0, 7), range(5, 12), range(13, 20), range(9, 10)]
)
def test_the_rows_of_a_share_get_every_similarity_once(monkeypatch, rows):
    monkeypatch.setattr(tiles, '_TILE', 3)
    offered = similarities_offered(rows, 20)
    assert (offered[rows] == 1).all()
    assert (np.delete(offered, rows, axis=0) == 0).all()


@pytest.mark.parametrize('rows', [range(0, 20), range(5, 18), range(9, 10)])
def test_threads_of_a_round_write_to_different_rows(monkeypatch, rows):
    monkeypatch.setattr(tiles, '_TILE', 3)
    for pairs in tiles._rounds(rows, 20):
        written = [a for a, b in pairs] + [b for a, b in pairs if b != a and b.start in rows]
        assert len(set(written)) == len(written)


@pytest.mark.parametrize('num_threads', [1, 2])
def test_candidates_of_a_share_hold_its_neighbors(person_features, dense_ranking, num_threads):
    features = person_features(700)
    expected = dense_ranking(features)
    rows = range(100, 333)
    seen = []
    for part in tiles.propose(torch.from_numpy(normalize(features)), rows, 6, num_threads):
        for row, index, used in zip(part.rows, part.index, part.used, strict=True):
            assert set(expected[row, 1:7]) <= set(index[:used].tolist())
            seen.append(int(row))
    assert seen == list(rows)


def test_memory_is_for_the_rows_of_the_share_alone(monkeypatch, person_features):
    made = []
    no_slots = tiles._no_slots

    def watched(rows, slots, *settings, **options):
        made.append(rows * slots)
        return no_slots(rows, slots, *settings, **options)

    monkeypatch.setattr(tiles, '_no_slots', watched)
    features = torch.from_numpy(normalize(person_features(900)))
    list(tiles.propose(features, range(300, 400), 9, 1))
    assert sum(made) == 100 * (2 * 9 + 64)


def test_the_number_of_threads_of_pytorch_is_left_as_it_was(person_features):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        nearest_neighbors(normalize(person_features(300)), 5, num_threads=2, backend='cpu')
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_an_interruption_leaves_the_settings_as_they_were(monkeypatch, person_features):
    features = normalize(person_features(600, 64))
    before = torch.get_float32_matmul_precision()
    expected = nearest_neighbors(features, 5, backend='cpu')
    torch.set_float32_matmul_precision('medium')
    during = []

    def interrupted(*arguments):
        during.append(torch.get_float32_matmul_precision())
        raise KeyboardInterrupt

    try:
        with monkeypatch.context() as patch:
            patch.setattr(tiles, '_scan_tile', interrupted)
            with pytest.raises(KeyboardInterrupt):
                nearest_neighbors(features, 5, backend='cpu')
        after = torch.get_float32_matmul_precision()
    finally:
        torch.set_float32_matmul_precision(before)
    assert (during, after) == (['highest'], 'medium')
    np.testing.assert_array_equal(nearest_neighbors(features, 5, backend='cpu'), expected)
