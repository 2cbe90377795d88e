"""Three images with five captions, and clusterers that note what they are given."""

import numpy as np
import pytest

from cpcl_mm.kreciprocal import ClusterResult
from cpcl_mm.pseudo_labels import Samples
from cpcl_mm.registry import TASK_UTILS

OWNER = np.array([0, 0, 1, 2, 2])


@pytest.fixture
def make_samples():
    """A function that makes the samples, with the features of some modalities."""

    def make(modalities=('image', 'text'), identities=(-1, -1, -1)):
        rows = {'image': np.eye(3, 5), 'text': np.eye(5)}
        features = {m: rows[m].astype(np.float32) for m in modalities}
        return Samples(features, OWNER, np.array(identities))

    return make


@pytest.fixture
def given(monkeypatch):
    """A clusterer ``Given(labels)`` of configs; the list holds what it was called with."""
    calls = []

    class Given:
        """A clusterer that gives the labels of its config."""

        def __init__(self, labels):
            self.labels = np.array(labels)

        def cluster(self, features, sample_weights=None):
            calls.append((features, sample_weights))
            return ClusterResult(self.labels, {'guess': 1.5})

    class Refuses(Given):
        """A clusterer that cannot do its work."""

        def cluster(self, features, sample_weights=None):
            raise ValueError(f'{len(features)} are too many')

    for kind in (Given, Refuses):
        monkeypatch.setitem(TASK_UTILS.module_dict, kind.__name__, kind)
    return calls
