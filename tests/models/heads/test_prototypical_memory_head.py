import pytest
import torch
import torch.nn.functional as F
from mmpretrain.structures import DataSample

from cpcl_mm.models import PrototypicalMemoryHead


def unit(seed, num=4, dim=8):
    return F.normalize(torch.randn(num, dim, generator=torch.Generator().manual_seed(seed)), dim=1)


def samples(*pairs):
    return [DataSample(metainfo=dict(image_index=v, caption_index=t)) for v, t in pairs]


PAIRS = samples((0, 0), (1, 2), (2, 4), (3, 6))
IMAGE_LABELS = torch.tensor([0, 0, 1, -1])
TEXT_LABELS = torch.tensor([0, 0, 1, -1, 2, 2, -1, 1])
IMAGE_OF_CAPTION = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])


def head(**kwargs):
    result = PrototypicalMemoryHead(**kwargs)
    result.set_pseudo_labels(IMAGE_LABELS, TEXT_LABELS, unit(8, 2), unit(9, 3), IMAGE_OF_CAPTION)
    return result


def only(term):
    weights = dict.fromkeys(('instance', 'intra', 'cross', 'hybrid'), 0.0)
    return weights | {term: 1.0}


def test_before_the_first_clustering_only_the_instance_loss_is_there():
    losses = PrototypicalMemoryHead().loss(unit(0), unit(1), PAIRS)
    assert losses['loss_intra'] == losses['loss_cross'] == 0
    assert losses['loss_instance'] > 0


def test_intra_contrasts_with_the_own_memory():
    loss = head(weights=only('intra')).loss(unit(0), unit(1), PAIRS)['loss_intra']
    image = F.cross_entropy(unit(0)[:3] @ unit(8, 2).T / 0.05, torch.tensor([0, 0, 1]))
    text = F.cross_entropy(unit(1)[:3] @ unit(9, 3).T / 0.05, torch.tensor([0, 1, 2]))
    assert torch.isclose(loss, image + text)


def test_cross_contrasts_with_the_memory_of_the_partner():
    loss = head(weights=only('cross')).loss(unit(0), unit(1), PAIRS)['loss_cross']
    text = F.cross_entropy(unit(1)[:3] @ unit(8, 2).T / 0.05, torch.tensor([0, 0, 1]))
    image = F.cross_entropy(unit(0)[:3] @ unit(9, 3).T / 0.05, torch.tensor([0, 1, 2]))
    assert torch.isclose(loss, image + text)


def test_hybrid_prototypes_are_means_of_linked_centroids():
    memory = head(weights=only('hybrid')).hybrid_memory
    # Image cluster 0 has captions 0..3, whose labels are 0, 0, 1 and none.
    text = F.normalize(unit(9, 3)[[0, 0, 1]].sum(0), dim=0)
    assert torch.allclose(memory.prototypes[0], F.normalize(unit(8, 2)[0] + text, dim=0))


def test_the_instance_loss_sees_many_to_many_matches_and_never_matches_outliers():
    seen = {}
    tested = head()
    tested.instance.forward = lambda image, text, matches: seen.update(m=matches) or image.sum()
    tested.loss(unit(0), unit(1), PAIRS)
    # Images 0 and 1 share an image cluster; the outlier image 3 and caption 2 share a text cluster.
    expected = torch.eye(4, dtype=torch.bool)
    expected[0, 1] = expected[1, 0] = True
    assert torch.equal(seen['m'], expected)


def test_two_outliers_do_not_match_each_other():
    seen = {}
    tested = PrototypicalMemoryHead()
    tested.set_pseudo_labels(
        *(torch.full((n,), -1) for n in (4, 8)), *([unit(0, 0)] * 2), IMAGE_OF_CAPTION
    )
    tested.instance.forward = lambda image, text, matches: seen.update(m=matches) or image.sum()
    tested.loss(unit(0), unit(1), PAIRS)
    assert torch.equal(seen['m'], torch.eye(4, dtype=torch.bool))


def test_dropped_outliers_take_no_part_in_the_instance_loss():
    dropped = head(outliers='drop', weights=only('instance')).loss(unit(0), unit(1), PAIRS)
    kept = head(outliers='keep', weights=only('instance')).loss(unit(0)[:3], unit(1)[:3], PAIRS[:3])
    assert torch.isclose(dropped['loss_instance'], kept['loss_instance'])


def test_a_batch_of_dropped_outliers_costs_nothing_and_has_a_gradient():
    image = unit(0, 1).requires_grad_()
    losses = head(outliers='drop').loss(image, unit(1, 1), samples((3, 6)))
    sum(losses.values()).backward()
    assert image.grad.abs().sum() == 0


def test_memories_follow_the_features_after_the_loss():
    tested = head(memory=dict(momentum=0.5))
    tested.loss(unit(0), unit(1), PAIRS)
    expected = F.normalize(unit(8, 2)[1] + unit(0)[2], dim=0)
    assert torch.allclose(tested.image_memory.prototypes[1], expected)


def test_masked_captions_are_for_the_instance_loss_and_whole_ones_for_all_else():
    whole, masked, other = head(), head(), head()
    expected = whole.loss(unit(0), unit(1), PAIRS)
    losses = masked.loss(unit(0), unit(1), PAIRS, masked_text=unit(2))
    assert losses['loss_instance'] == other.loss(unit(0), unit(2), PAIRS)['loss_instance']
    assert losses['loss_instance'] != expected['loss_instance']
    for term in ('loss_intra', 'loss_cross'):
        assert losses[term] == expected[term]
    assert torch.equal(masked.text_memory.prototypes, whole.text_memory.prototypes)


def test_terms_of_weight_zero_are_left_out_and_others_weighted():
    losses = head(weights=dict(intra=0.0, cross=2.0)).loss(unit(0), unit(1), PAIRS)
    assert losses.keys() == {'loss_instance', 'loss_cross'}
    assert torch.isclose(
        losses['loss_cross'], 2 * head().loss(unit(0), unit(1), PAIRS)['loss_cross']
    )


def test_no_cluster_in_one_modality_leaves_the_other_working():
    tested = PrototypicalMemoryHead()
    no_text = torch.full((8,), -1)
    tested.set_pseudo_labels(IMAGE_LABELS, no_text, unit(8, 2), unit(9, 0), IMAGE_OF_CAPTION)
    losses = tested.loss(unit(0), unit(1), PAIRS)
    assert losses['loss_cross'] > 0


def test_a_checkpoint_holds_labels_and_memories():
    fresh = PrototypicalMemoryHead()
    fresh.load_state_dict(head().state_dict())
    assert torch.equal(fresh.image_labels, IMAGE_LABELS)
    assert torch.equal(fresh.text_memory.prototypes, unit(9, 3))


def test_labels_of_another_data_set_are_refused():
    with pytest.raises(ValueError, match='sample 9 has no pseudo label.*4 images'):
        head().loss(unit(0, 1), unit(1, 1), samples((9, 0)))


def test_features_of_two_sizes_are_refused_by_both_sizes():
    centroids = unit(8, 2, dim=6), unit(9, 3, dim=8)
    with pytest.raises(ValueError, match='image features have 6 dimensions and caption features 8'):
        PrototypicalMemoryHead().set_pseudo_labels(
            IMAGE_LABELS, TEXT_LABELS, *centroids, IMAGE_OF_CAPTION
        )


def test_settings_are_checked():
    with pytest.raises(ValueError, match=r"\['triplet'\]"):
        PrototypicalMemoryHead(weights=dict(triplet=1.0))
    with pytest.raises(ValueError, match="'ignore'"):
        PrototypicalMemoryHead(outliers='ignore')
