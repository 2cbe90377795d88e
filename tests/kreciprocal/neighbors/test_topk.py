import numpy as np
import pytest
import torch

from cpcl_mm.kreciprocal.features import normalize
from cpcl_mm.kreciprocal.neighbors import topk
from cpcl_mm.kreciprocal.neighbors.candidates import CROWDED


@pytest.mark.parametrize('rows_at_once', [1, 7, 1000])
def test_candidates_hold_the_neighbors_of_each_row(
    monkeypatch, person_features, dense_ranking, rows_at_once
):
    features = person_features(200)
    monkeypatch.setitem(topk._BLOCK_BYTES, 'cpu', 4 * 200 * rows_at_once)
    rows, seen = torch.arange(50, 80), []
    expected = dense_ranking(features)
    for part in topk.propose(torch.from_numpy(normalize(features)), rows, 6):
        assert len(part.rows) <= rows_at_once
        seen += part.rows.tolist()
        for row, index, used in zip(part.rows, part.index, part.used, strict=True):
            assert set(expected[row, 1:7]) <= set(np.array(index[:used]))
    assert seen == rows.tolist()


def close(values, keep, error, total=100):
    return topk.count_close(torch.tensor([values]), keep, error, total).item()


def test_what_lies_within_twice_the_error_of_the_last_wanted_may_be_among_the_best():
    # Two others are wanted, and the row itself is the first: 0.7 is the last wanted.
    values = [1.0, 0.8, 0.7, 0.65, 0.61, 0.59, 0.5]
    assert close(values, keep=2, error=0.01) == 3
    assert close(values, keep=2, error=0.03) == 4
    assert close(values, keep=2, error=0.05) == 5


def test_a_row_is_crowded_if_what_is_left_out_could_be_among_the_best():
    values = [1.0, 0.8, 0.7, 0.69]
    assert close(values, keep=2, error=0.1) == CROWDED
    assert close(values, keep=2, error=0.1, total=4) == 4
    assert close(values, keep=2, error=0.001) == 3
