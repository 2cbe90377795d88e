import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import MatchingHead, PrototypicalMemoryHead

TERMS = ('instance', 'intra', 'cross', 'hybrid')


@pytest.fixture
def features(unit):
    return {'image': unit(0), 'text': unit(1)}


@pytest.fixture
def head(labelled):
    """A function: the head with these settings, after a clustering."""
    return lambda **settings: labelled(PrototypicalMemoryHead(**settings))


def only(term):
    return dict.fromkeys(TERMS, 0.0) | {term: 1.0}


def test_before_the_first_clustering_only_the_instance_loss_is_there(features, pairs):
    losses = PrototypicalMemoryHead().loss(features, pairs)
    assert losses['loss_intra'] == losses['loss_cross'] == 0
    assert losses['loss_instance'] > 0


def test_intra_contrasts_with_the_own_memory(head, features, pairs, prototypes):
    loss = head(weights=only('intra')).loss(features, pairs)['loss_intra']
    image, text = (features[m][:3] @ prototypes[m].T / 0.05 for m in ('image', 'text'))
    expected = F.cross_entropy(image, torch.tensor([0, 0, 1]))
    assert torch.isclose(loss, expected + F.cross_entropy(text, torch.tensor([0, 1, 2])))


def test_cross_contrasts_with_the_memory_of_the_partner(head, features, pairs, prototypes):
    loss = head(weights=only('cross')).loss(features, pairs)['loss_cross']
    text = features['text'][:3] @ prototypes['image'].T / 0.05
    image = features['image'][:3] @ prototypes['text'].T / 0.05
    expected = F.cross_entropy(text, torch.tensor([0, 0, 1]))
    assert torch.isclose(loss, expected + F.cross_entropy(image, torch.tensor([0, 1, 2])))


def test_hybrid_contrasts_both_modalities_with_joint_prototypes(head, features, pairs, prototypes):
    tested = head(weights=only('hybrid'))
    joint = tested.memories['hybrid'].prototypes
    # Image cluster 0 has captions 0..3, whose labels are 0, 0, 1 and none.
    text = F.normalize(prototypes['text'][[0, 0, 1]].sum(0), dim=0)
    assert torch.allclose(joint[0], F.normalize(prototypes['image'][0] + text, dim=0))
    loss = tested.loss(features, pairs)['loss_hybrid']
    labels = torch.tensor([0, 0, 1])
    expected = sum(F.cross_entropy(x[:3] @ joint.T / 0.05, labels) for x in features.values())
    assert torch.isclose(loss, expected)


def test_the_instance_loss_sees_many_to_many_matches_and_never_matches_outliers(
    head, features, pairs
):
    seen = {}
    tested = head()
    tested.losses['instance'].loss.forward = lambda image, text, matches: (
        seen.update(m=matches) or image.sum()
    )
    tested.loss(features, pairs)
    # Images 0 and 1 share an image cluster; the outlier image 3 and caption 2 share a text cluster.
    expected = torch.eye(4, dtype=torch.bool)
    expected[0, 1] = expected[1, 0] = True
    assert torch.equal(seen['m'], expected)


def test_further_losses_stand_beside_the_terms_or_in_their_place(features, pairs):
    loss = dict(type='InstanceLoss', loss=dict(type='ITCLoss'))
    tested = PrototypicalMemoryHead(losses=dict(instance=loss, itc=loss)).loss(features, pairs)
    assert tested.keys() == {f'loss_{name}' for name in ('instance', 'intra', 'cross', 'itc')}
    assert torch.equal(tested['loss_instance'], tested['loss_itc'])


def test_the_instance_loss_is_sdm_or_any_other(features, pairs):
    assert type(PrototypicalMemoryHead().losses['instance'].loss).__name__ == 'SDMLoss'
    loss = dict(type='ITCLoss', temperature=0.5)
    tested = PrototypicalMemoryHead(instance=loss).loss(features, pairs)['loss_instance']
    plain = MatchingHead({'itc': dict(type='InstanceLoss', loss=loss)})
    assert torch.equal(tested, plain.loss(features, pairs)['loss_itc'])


def test_dropped_outliers_take_no_part_in_the_instance_loss(head, features, pairs):
    dropped = head(outliers='drop', weights=only('instance')).loss(features, pairs)
    first = {m: x[:3] for m, x in features.items()}
    kept = head(outliers='keep', weights=only('instance')).loss(first, pairs[:3])
    assert torch.isclose(dropped['loss_instance'], kept['loss_instance'])


def test_a_batch_of_dropped_outliers_costs_nothing_and_has_a_gradient(head, unit, samples):
    image = unit(0, 1).requires_grad_()
    features = {'image': image, 'text': unit(1, 1)}
    losses = head(outliers='drop').loss(features, samples((3, 6)))
    sum(losses.values()).backward()
    assert image.grad.abs().sum() == 0


def test_memories_follow_the_features_after_the_loss(head, features, pairs, prototypes):
    tested = head(memory=dict(momentum=0.5))
    tested.loss(features, pairs)
    for modality, row in (('image', 1), ('text', 2)):
        expected = F.normalize(prototypes[modality][row] + features[modality][2], dim=0)
        assert torch.allclose(tested.memories[modality].prototypes[row], expected)


def test_masked_captions_are_for_the_instance_loss_and_whole_ones_for_all_else(
    head, features, pairs, unit
):
    whole, masked, other = head(), head(), head()
    expected = whole.loss(features, pairs)
    losses = masked.loss({**features, 'masked_text': unit(2)}, pairs)
    of_masked = other.loss({**features, 'text': unit(2)}, pairs)
    assert losses['loss_instance'] == of_masked['loss_instance']
    assert losses['loss_instance'] != expected['loss_instance']
    for term in ('loss_intra', 'loss_cross'):
        assert losses[term] == expected[term]
    one, two = (tested.memories['text'].prototypes for tested in (masked, whole))
    assert torch.equal(one, two)


def test_terms_of_weight_zero_are_left_out_and_others_weighted(head, features, pairs):
    losses = head(weights=dict(intra=0.0, cross=2.0)).loss(features, pairs)
    assert losses.keys() == {'loss_instance', 'loss_cross'}
    expected = head().loss(features, pairs)
    assert torch.isclose(losses['loss_cross'], 2 * expected['loss_cross'])
    assert losses['loss_instance'] == expected['loss_instance']


def test_settings_of_the_memory_reach_both_memories_and_the_contrast(head):
    memory = dict(momentum=0.1, mode='hardest', temperature=0.2)
    tested = head(memory=memory, weights=dict(hybrid=1.0))
    assert {(m.momentum, m.mode) for m in tested.memories.values()} == {(0.1, 'hardest')}
    contrasts = [tested.losses[term] for term in ('intra', 'cross', 'hybrid')]
    assert {loss.temperature for loss in contrasts} == {0.2}


def test_no_cluster_in_one_modality_leaves_the_other_working(labelled, features, pairs):
    none = {'image': [0, 0, 1, -1], 'text': [-1] * 8}
    losses = labelled(PrototypicalMemoryHead(), of=none).loss(features, pairs)
    assert losses['loss_cross'] > 0


def test_labels_of_another_data_set_are_refused(head, unit, samples):
    features = {'image': unit(0, 1), 'text': unit(1, 1)}
    with pytest.raises(ValueError, match='image 9 of the data set has no pseudo label.* are 4'):
        head().loss(features, samples((9, 0)))


def test_settings_are_checked():
    with pytest.raises(ValueError, match=r"\['triplet'\]"):
        PrototypicalMemoryHead(weights=dict(triplet=1.0))
    with pytest.raises(ValueError, match="'ignore'"):
        PrototypicalMemoryHead(outliers='ignore')
    with pytest.raises(ValueError, match='trains nothing'):
        PrototypicalMemoryHead(weights=dict.fromkeys(TERMS, 0.0))
