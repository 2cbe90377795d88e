import io

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.logging import MessageHub
from mmpretrain.structures import DataSample

from cpcl_mm.models import (
    BatchLoss,
    ClusterContrastHead,
    InstanceLoss,
    MatchingHead,
    Memory,
    PrototypicalMemoryHead,
)
from cpcl_mm.registry import MODELS

ITC = dict(type='InstanceLoss', loss=dict(type='ITCLoss', temperature=0.5))
SDM = dict(type='InstanceLoss', loss=dict(type='SDMLoss', temperature=0.5))
CPU = torch.device('cpu')


class Seen(BatchLoss):
    """A loss that keeps the batch that it is called with."""

    def forward(self, batch, memories):
        self.batch = batch
        return batch.features['image'].sum()


@MODELS.register_module(name='SumMemory', force=True)
class Sum(Memory):
    """Adds up the features of all batches since its labels."""

    def rebuild(self, labels, samples, device):
        self.state = {'sum': torch.zeros(8, device=device)}

    def follow(self, batch):
        self.saw_gradient = torch.is_grad_enabled()
        if self.state:
            self.state = {'sum': self.state['sum'] + batch.features[self.labels].sum(0)}


@pytest.fixture
def features(unit):
    return {'image': unit(0), 'text': unit(1)}


@pytest.fixture
def at_epoch():
    """A function that says what epoch the Runner is in."""
    hub = MessageHub.get_current_instance()
    before = hub.get_info('epoch')
    yield lambda epoch: hub.update_info('epoch', epoch)
    hub.update_info('epoch', before or 0)


def batch_of(head, features, pairs):
    """The batch that the losses of a head get."""
    head.losses['seen'] = Seen()
    head.loss(features, pairs)
    return head.losses['seen'].batch


def test_losses_are_named_and_weighted(features, pairs):
    plain = MatchingHead({'itc': ITC, 'sdm': SDM}).loss(features, pairs)
    weighted = MatchingHead({'itc': ITC, 'sdm': dict(SDM, loss_weight=0.5)}).loss(features, pairs)
    assert plain.keys() == weighted.keys() == {'loss_itc', 'loss_sdm'}
    assert weighted['loss_itc'] == plain['loss_itc']
    assert weighted['loss_sdm'] == plain['loss_sdm'] / 2


def test_two_captions_of_one_image_match_both(features, samples):
    head = MatchingHead({'sdm': SDM})
    apart = head.loss(features, samples((0, 0), (1, 2), (2, 4), (3, 6)))
    same = head.loss(features, samples((0, 0), (0, 1), (2, 4), (3, 6)))
    assert not torch.isclose(apart['loss_sdm'], same['loss_sdm'])


def test_a_loss_that_has_not_started_is_zero_and_gives_every_parameter_a_gradient_of_zero(
    features, pairs, at_epoch
):
    loss = dict(type='ITCLoss', temperature=0.5, learnable=True)
    head = MatchingHead({'late': dict(type='InstanceLoss', loss=loss, start_epoch=2)})
    leaves = [*(x.requires_grad_() for x in features.values()), *head.parameters()]
    assert len(leaves) == 3
    at_epoch(1)
    late = head.loss(features, pairs)['loss_late']
    assert late == 0
    late.backward()
    assert [x.grad.abs().sum().item() for x in leaves] == [0, 0, 0]
    at_epoch(2)
    assert torch.isclose(
        head.loss(features, pairs)['loss_late'],
        MatchingHead({'itc': ITC}).loss(features, pairs)['loss_itc'],
    )


def test_a_loss_starts_at_once_where_there_is_no_runner(features, pairs):
    assert MatchingHead({'itc': ITC}).loss(features, pairs)['loss_itc'] > 0


def test_a_batch_has_labels_confidence_and_flags_of_its_samples(features, pairs, labelled):
    known = dict(
        confidence={'image': np.array([0.5, 1, 0.25, 0], dtype=np.float32)},
        mined={'text': np.arange(8) == 2},
    )
    batch = batch_of(labelled(MatchingHead({'itc': ITC}), **known), features, pairs[::-1])
    assert batch.index['image'].tolist() == [3, 2, 1, 0]
    assert batch.index['text'].tolist() == [6, 4, 2, 0]
    assert batch.labels['image'].tolist() == [-1, 1, 0, 0]
    assert batch.labels['text'].tolist() == [-1, 2, 1, 0]
    assert {m: x.tolist() for m, x in batch.weights.items()} == {'image': [0, 0.25, 1, 0.5]}
    assert {m: x.tolist() for m, x in batch.flags.items()} == {'text': [False, False, True, False]}
    assert batch.has_labels


def test_before_the_first_labels_every_label_is_minus_one(features, pairs):
    batch = batch_of(MatchingHead({'itc': ITC}), features, pairs)
    assert [x.tolist() for x in batch.labels.values()] == [[-1] * 4] * 2
    assert not batch.has_labels


def test_an_image_alone_has_no_caption_to_label(unit, labelled):
    head = labelled(MatchingHead({'seen': dict(type=Seen)}))
    alone = [DataSample(metainfo=dict(image_index=i)) for i in (2, 0)]
    batch = batch_of(head, {'image': unit(0, 2)}, alone)
    assert batch.labels['image'].tolist() == [1, 0]
    assert batch.index['text'].tolist() == batch.labels['text'].tolist() == [-1, -1]


def test_whatever_the_model_makes_of_its_inputs_reaches_the_losses(features, pairs):
    more = {'masked_labels': torch.tensor([[-1, 5]] * 4), 'image_tokens': torch.rand(4, 3, 8)}
    batch = batch_of(MatchingHead({'itc': ITC}), {**features, **more}, pairs)
    for name, x in more.items():
        assert torch.equal(batch.features[name], x)


def test_confidence_weighs_the_contrast_and_the_memory(features, pairs, labelled, prototypes):
    weights = torch.tensor([0.2, 0.8, 0.5, 0.0])
    head = MatchingHead(
        {'own': dict(type='PrototypeLoss', pairs=[('image', 'image')], temperature=0.5)},
        {'image': dict(type='PrototypeMemory', momentum=0.5)},
    )
    labelled(head, confidence={'image': weights.numpy()})
    loss = head.loss(features, pairs)['loss_own']
    logits = features['image'][:3] @ prototypes['image'].T / 0.5
    costs = F.cross_entropy(logits, torch.tensor([0, 0, 1]), reduction='none')
    assert torch.isclose(loss, (costs * weights[:3]).sum() / weights.sum())
    # After the loss, the memory: cluster 0 moves to the weighted mean of images 0 and 1.
    mean = 0.2 * features['image'][0] + 0.8 * features['image'][1]
    expected = F.normalize(prototypes['image'][0] + mean, dim=0)
    assert torch.allclose(head.memories['image'].prototypes[0], expected)


def test_memories_follow_every_step_without_gradient(features, pairs, labelled):
    head = MatchingHead({'itc': ITC}, {'seen': dict(type=Sum, labels='text')})
    features['text'].requires_grad_()
    head.loss(features, pairs)
    assert head.memories['seen'].state == {}
    labelled(head)
    for _ in range(2):
        head.loss(features, pairs)
    total = head.memories['seen'].state['sum']
    assert torch.allclose(total, 2 * features['text'].sum(0))
    assert not total.requires_grad
    assert not head.memories['seen'].saw_gradient


def test_similarities_are_computed_in_full_precision_under_mixed_precision(
    features, pairs, labelled
):
    settings = (
        {'sdm': SDM, 'own': dict(type='PrototypeLoss', pairs=[('text', 'image')])},
        {'image': dict(type='PrototypeMemory')},
    )
    plain, mixed = (labelled(MatchingHead(*settings)) for _ in range(2))
    expected = plain.loss(features, pairs)
    with torch.autocast('cpu', torch.bfloat16):
        losses = mixed.loss(features, pairs)
    assert losses == expected
    one, other = (head.memories['image'].prototypes for head in (plain, mixed))
    assert torch.equal(one, other)


def test_it_says_what_features_and_tokens_it_needs():
    class Words(Seen):
        tokens = ('text',)

    class Patches(Seen):
        tokens = ('image',)

    assert MatchingHead({'itc': ITC}).needs == MatchingHead({'itc': ITC}).tokens == frozenset()
    memories = {m: dict(type=Sum, labels=m) for m in ('image', 'text')}
    head = MatchingHead({'a': dict(type=Words), 'b': dict(type=Patches)}, memories)
    assert head.needs == head.tokens == {'image', 'text'}


def hard_triplet(similarity, matches):
    """Sum over rows of what the hardest negative costs."""
    hardest = similarity.masked_fill(matches, -9).max(1)[0]
    return (0.3 + hardest - similarity.diagonal()).clamp(min=0).sum()


def test_the_losses_of_icpg_are_made_of_parts(features, pairs, labelled):
    """Contrast, distribution matching and hard negatives, by clusters of images for both."""
    matching = dict(type='InstanceLoss', loss=dict(type='SDMLoss'), loss_weight=2.0)
    triplet = dict(type='HardTripletLoss', margin=0.3, reduction='sum')
    head = MatchingHead(
        {'itc': ITC, 'cdm': matching, 'chm': dict(type='InstanceLoss', loss=triplet)}
    )
    labelled(head, of={'image': [0, 0, 1, -1], 'text': [0, 0, 0, 0, 1, 1, -1, -1]})
    losses = head.loss(features, pairs)
    matches = torch.eye(4, dtype=torch.bool)
    matches[0, 1] = matches[1, 0] = True
    similarity = features['image'] @ features['text'].T
    itc = sum(F.cross_entropy(s / 0.5, torch.arange(4)) for s in (similarity, similarity.T)) / 2
    cdm = 0.0
    for s in (similarity, similarity.T):
        p, q = (s / 0.02).softmax(1), matches / matches.sum(1, keepdim=True)
        cdm = cdm + (p * (p / (q + 1e-8)).log()).sum(1).mean()
    chm = (hard_triplet(similarity, matches) + hard_triplet(similarity.T, matches)) / 2
    expected = {'loss_itc': itc, 'loss_cdm': cdm, 'loss_chm': chm}
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value)


HEADS = {
    'parts': (
        MatchingHead,
        dict(losses={'itc': ITC}, memories={'seen': dict(type=Sum, labels='text')}),
    ),
    'CPCL': (PrototypicalMemoryHead, dict(weights=dict(hybrid=1.0))),
    'images alone': (ClusterContrastHead, {}),
}


@pytest.mark.parametrize(('kind', 'settings'), HEADS.values(), ids=HEADS)
def test_weights_hold_neither_labels_nor_memories(kind, settings, labelled):
    assert labelled(kind(**settings)).state_dict() == {}


def test_a_resumed_head_goes_on_as_an_uninterrupted_one(features, pairs, labelled):
    settings = dict(weights=dict(hybrid=1.0), instance=dict(type='SDMLoss', learnable=True))
    whole, resumed = (PrototypicalMemoryHead(**settings) for _ in range(2))
    known = dict(confidence={'text': np.full(8, 0.5, dtype=np.float32)})
    labelled(whole, mined={'image': np.arange(4) == 1}, **known)
    whole.loss(features, pairs)
    file = io.BytesIO()
    torch.save((whole.epoch_state(), whole.state_dict()), file)
    file.seek(0)
    # Plain tensors: nothing else has to be allowed to be read.
    state, weights = torch.load(file, weights_only=True)
    resumed.load_state_dict(weights)
    resumed.load_epoch_state(state, CPU)
    assert resumed.loss(features, pairs) == whole.loss(features, pairs)
    for name, memory in whole.memories.items():
        assert torch.equal(resumed.memories[name].prototypes, memory.prototypes)
    one, other = (head.epoch_state() for head in (whole, resumed))
    for kind in ('labels', 'weights', 'flags'):
        assert one[kind].keys() == other[kind].keys()
        assert all(torch.equal(one[kind][m], other[kind][m]) for m in one[kind])


def test_a_memory_that_waits_for_no_labels_is_saved_as_well():
    whole, resumed = (
        MatchingHead({'itc': ITC}, {'seen': dict(type='SumMemory', labels='image')})
        for _ in range(2)
    )
    whole.memories['seen'].state = {'sum': torch.arange(3.0)}
    resumed.load_epoch_state(whole.epoch_state(), CPU)
    assert resumed.labels == {}
    assert torch.equal(resumed.memories['seen'].state['sum'], torch.arange(3.0))


def test_memories_of_another_config_are_refused(labelled):
    state = labelled(PrototypicalMemoryHead()).epoch_state()
    for memories in ({}, {m: dict(type='SumMemory', labels=m) for m in ('image', 'text')}):
        message = r"memories .*'text': 'PrototypeMemory'}, and the head has .*load_from instead of"
        with pytest.raises(ValueError, match=message):
            MatchingHead({'itc': ITC}, memories).load_epoch_state(state, CPU)


def test_labels_of_another_data_set_are_refused(unit, samples, labelled):
    features = {'image': unit(0, 1), 'text': unit(1, 1)}
    with pytest.raises(ValueError, match='image 9 of the data set has no pseudo label.* are 4'):
        labelled(MatchingHead({'itc': ITC})).loss(features, samples((9, 0)))


def test_a_memory_of_a_modality_without_labels_is_refused(labelled):
    head = MatchingHead({'itc': ITC}, {'words': dict(type=Sum, labels='text')})
    message = "memory 'words' follows labels of 'text', .* those of .'image'.: choose another"
    with pytest.raises(ValueError, match=message):
        labelled(head, of={'image': [0, 0, 1, -1]})
    assert head.labels == {}


def test_labels_that_a_loss_cannot_learn_from_are_refused(labelled):
    head = MatchingHead({'id': dict(type='IdentityLoss', num_identities=1, dim=8)})
    with pytest.raises(ValueError, match='num_identities=1, and the training set has 2'):
        labelled(head)
    assert head.labels == {}


def test_a_plain_loss_is_refused_with_how_to_wrap_it():
    message = r"'sdm' is a SDMLoss.*dict\(type='InstanceLoss', loss=dict\(type='SDMLoss'\)\)"
    with pytest.raises(TypeError, match=message):
        MatchingHead({'sdm': dict(type='SDMLoss')})


def test_a_loss_that_reads_a_memory_that_is_not_there_is_refused():
    own = dict(type='PrototypeLoss', pairs=[('image', 'image'), ('text', 'words')])
    message = r"'own' reads memories \['words'\], and the head has \['image'\]: add them"
    with pytest.raises(ValueError, match=message):
        MatchingHead({'own': own}, {'image': dict(type='PrototypeMemory')})


def test_a_head_without_losses_is_refused():
    with pytest.raises(ValueError, match='a head without losses trains nothing'):
        MatchingHead({})


def test_its_losses_are_built_once_and_are_no_configs():
    assert isinstance(MatchingHead({'itc': ITC}).losses['itc'], InstanceLoss)


@pytest.mark.parametrize('value', [None, 0.5, torch.zeros(3)])
def test_a_loss_that_gives_no_scalar_is_refused(features, pairs, value):
    head = MatchingHead({'itc': ITC})
    head.losses['own'] = Seen()
    head.losses['own'].forward = lambda batch, memories: value
    with pytest.raises(TypeError, match="loss 'own' must give a scalar tensor"):
        head.loss(features, pairs)


def test_a_loss_without_anything_to_compare_still_gives_its_parameters_a_gradient(features, pairs):
    loss = dict(type='ITCLoss', learnable=True)
    head = MatchingHead({'itc': dict(type='InstanceLoss', loss=loss, outliers='drop')})
    head.table.kinds['labels'] = {m: torch.full((8,), -1) for m in ('image', 'text')}
    sum(head.loss(features, pairs).values()).backward()
    assert [parameter.grad.item() for parameter in head.parameters()] == [0]


@pytest.mark.parametrize(
    ('losses', 'memories', 'message'),
    [
        ({'a': ITC}, {'m': dict(type='ITCLoss')}, "memory 'm' is a ITCLoss, which is no Memory"),
        ({'a': dict(type='PrototypeMemory')}, {}, "loss 'a' is a PrototypeMemory, a memory"),
    ],
)
def test_parts_in_the_wrong_place_are_named(losses, memories, message):
    with pytest.raises(TypeError, match=message):
        MatchingHead(losses, memories)
