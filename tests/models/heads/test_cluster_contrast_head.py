import pytest
import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample

from cpcl_mm.models import ClusterContrastHead


def features(seed, num=4, dim=8):
    return torch.randn(num, dim, generator=torch.Generator().manual_seed(seed))


def samples(*indices):
    return [DataSample(metainfo=dict(image_index=index)) for index in indices]


@pytest.fixture
def head(labelled):
    """A function: the head with these settings, after a clustering of images alone."""
    of = {'image': [0, 0, 1, -1]}
    return lambda **memory: labelled(ClusterContrastHead(memory=memory), of=of)


def test_an_image_is_contrasted_with_the_prototype_of_its_cluster(head, prototypes):
    # Of two stages the last; in the order of the batch, not of the data set.
    feats = (features(1, dim=3), features(0))
    loss = head().loss(feats, samples(2, 0, 3, 1))['loss_contrast']
    logits = F.normalize(feats[1][[0, 1, 3]], dim=1) @ prototypes['image'].T / 0.05
    assert torch.isclose(loss, F.cross_entropy(logits, torch.tensor([1, 0, 0])))


def test_the_memory_follows_the_features_after_the_loss(head, unit, prototypes):
    tested = head(momentum=0.5)
    tested.loss((features(0),), samples(0, 1, 2, 3))
    expected = F.normalize(prototypes['image'][1] + unit(0)[2], dim=0)
    assert torch.allclose(tested.memories['image'].prototypes[1], expected)


def test_training_brings_the_images_of_a_cluster_together(head):
    feats = features(0).requires_grad_()
    optimizer, tested = torch.optim.SGD([feats], lr=1.0), head()
    before = F.normalize(feats, dim=1).detach()
    for _ in range(20):
        optimizer.zero_grad()
        tested.loss((feats,), samples(0, 1, 2, 3))['loss_contrast'].backward()
        optimizer.step()
    after = F.normalize(feats, dim=1).detach()
    assert after[0] @ after[1] > before[0] @ before[1]
    # The outlier has no gradient.
    assert torch.equal(after[3], before[3])


@pytest.mark.parametrize('clustered', [True, False])
def test_without_a_labelled_image_the_loss_is_zero_and_has_a_gradient(clustered, head):
    feats = features(0, 1).requires_grad_()
    tested = head() if clustered else ClusterContrastHead()
    tested.loss((feats,), samples(3))['loss_contrast'].backward()
    assert feats.grad.abs().sum() == 0


def test_similarities_are_computed_in_full_precision_under_mixed_precision(head):
    plain = head().loss((features(0),), samples(0, 1, 2, 3))['loss_contrast']
    with torch.autocast('cpu', torch.bfloat16):
        mixed = head().loss((features(0),), samples(0, 1, 2, 3))['loss_contrast']
    assert torch.equal(mixed, plain)


def test_predict_gives_every_image_its_feature(head, unit):
    first, second = head().predict((features(0, 2),), samples(5, 6))
    assert (first.image_index, second.image_index) == (5, 6)
    assert torch.equal(second.feature, unit(0, 2)[1])
    assert len(head().predict((features(0, 2),))) == 2


def test_settings_of_the_memory_reach_the_memory_and_the_contrast():
    tested = ClusterContrastHead(memory=dict(momentum=0.1, mode='hardest', temperature=0.2))
    memory = tested.memories['image']
    assert (memory.momentum, memory.mode) == (0.1, 'hardest')
    assert tested.losses['contrast'].temperature == 0.2
    assert tested.needs == {'image'}


def test_a_memory_of_another_feature_size_is_refused_by_both_sizes(head):
    with pytest.raises(ValueError, match='features of size 6 meet prototypes of size 8'):
        head().loss((features(0, dim=6),), samples(0, 1, 2, 3))
