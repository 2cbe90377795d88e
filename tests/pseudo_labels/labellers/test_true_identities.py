import numpy as np
import pytest

from cpcl_mm.pseudo_labels import TrueIdentities
from cpcl_mm.registry import TASK_UTILS


def test_identities_are_numbered_and_unknown_ones_are_outliers(make_samples):
    labels = TrueIdentities()(make_samples([], identities=[900, 30, -1]))
    assert labels.of['image'].tolist() == [1, 0, -1]
    assert labels.of['text'].tolist() == [1, 1, 0, -1, -1]
    assert all(x.dtype == np.int64 for x in labels.of.values())
    assert labels.mined == labels.before == {}


def test_it_needs_no_features_and_is_one_line_of_config():
    labeller = TASK_UTILS.build(dict(type='TrueIdentities'))
    assert isinstance(labeller, TrueIdentities)
    assert labeller.needs == set()


def test_the_labels_share_no_memory_with_the_samples(make_samples):
    samples = make_samples([], identities=[0, 1, 2])
    assert not np.shares_memory(TrueIdentities()(samples).of['image'], samples.identities)


def test_identities_must_be_known(make_samples):
    with pytest.raises(ValueError, match='this data set has none: choose another labeller'):
        TrueIdentities()(make_samples([]))
