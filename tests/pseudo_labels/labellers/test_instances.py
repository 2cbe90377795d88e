import numpy as np

from cpcl_mm.pseudo_labels import Instances


def test_every_image_has_a_label_of_its_own_and_its_captions_the_same(make_samples):
    labels = Instances()(make_samples([]))
    assert labels.of['image'].tolist() == [0, 1, 2]
    assert labels.of['text'].tolist() == [0, 0, 1, 2, 2]
    assert all(x.dtype == np.int64 for x in labels.of.values())


def test_it_needs_neither_features_nor_identities():
    assert Instances.needs == frozenset()
    assert not Instances.needs_identities
