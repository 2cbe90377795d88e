import sys

import faiss
import numpy as np
import pytest

from cpcl_mm.kreciprocal.features import normalize
from cpcl_mm.kreciprocal.neighbors import nearest_neighbors


def test_faiss_that_is_not_there(monkeypatch):
    monkeypatch.setitem(sys.modules, 'faiss', None)
    with pytest.raises(ImportError, match="install faiss-gpu .* or choose backend='auto'"):
        nearest_neighbors(np.eye(4, dtype=np.float32), 2, backend='faiss')


def test_faiss_on_a_gpu_searches_there(monkeypatch, person_features):
    devices = []

    def knn_gpu(resources, queries, everything, k, device, **options):
        devices.append(device)
        return faiss.knn(queries, everything, k, **options)

    features = normalize(person_features(60))
    expected = nearest_neighbors(features, 5, backend='faiss')
    monkeypatch.setattr(faiss, 'get_num_gpus', lambda: 1)
    monkeypatch.setattr(faiss, 'knn_gpu', knn_gpu)
    monkeypatch.setattr(faiss, 'StandardGpuResources', lambda: None)
    np.testing.assert_array_equal(nearest_neighbors(features, 5, backend='faiss'), expected)
    assert devices == [0]
