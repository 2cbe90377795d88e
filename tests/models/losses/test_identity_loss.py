import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import IdentityLoss
from cpcl_mm.pseudo_labels import Labels


def test_one_classifier_for_both_modalities_and_the_mean_of_their_cross_entropies(make_batch):
    batch = make_batch([2, 0, -1, 2], [2, 0, -1, 2])
    loss = IdentityLoss(3, dim=8)
    torch.nn.init.normal_(loss.classifier.weight)
    known, labels = [0, 1, 3], torch.tensor([2, 0, 2])
    image, text = (
        F.cross_entropy(loss.classifier(batch.features[m][known]), labels)
        for m in ('image', 'text')
    )
    torch.testing.assert_close(loss(batch, {}), (image + text) / 2)


def test_pairs_of_unknown_identity_cost_nothing(make_batch):
    loss = IdentityLoss(3, dim=8)
    value = loss(make_batch([-1, -1], [-1, -1]), {})
    value.backward()
    assert value == 0
    assert loss.classifier.weight.grad.abs().sum() == 0


def test_more_identities_than_classes_are_refused_before_an_epoch():
    labels = Labels({'image': np.array([0, 4, 2])})
    IdentityLoss(5).check_labels(labels)
    with pytest.raises(ValueError, match=r'num_identities=4, .* has 5: set .*num_identities=5'):
        IdentityLoss(4).check_labels(labels)
