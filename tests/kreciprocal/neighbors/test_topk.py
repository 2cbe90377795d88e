import numpy as np
import pytest
import torch

from cpcl_mm.kreciprocal.features import normalize
from cpcl_mm.kreciprocal.neighbors import topk


@pytest.mark.parametrize('precision', ['float32', 'bfloat16'])
@pytest.mark.parametrize('rows_at_once', [1, 7, 1000])
def test_candidates_hold_the_neighbors_of_each_row(
    monkeypatch, person_features, dense_ranking, precision, rows_at_once
):
    features = person_features(200)
    monkeypatch.setitem(topk._BLOCK_BYTES, 'cpu', 4 * 200 * rows_at_once)
    rows, seen = torch.arange(50, 80), []
    expected = dense_ranking(features)
    for part in topk.propose(torch.from_numpy(normalize(features)), rows, 6, precision):
        assert len(part.rows) <= rows_at_once
        seen += part.rows.tolist()
        for row, index, used in zip(part.rows, part.index, part.used, strict=True):
            assert set(expected[row, 1:7]) <= set(np.array(index[:used]))
    assert seen == rows.tolist()
