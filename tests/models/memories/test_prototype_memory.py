import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import PrototypeMemory
from cpcl_mm.models.losses import prototype_contrast
from cpcl_mm.pseudo_labels import Labels, Samples

CPU = torch.device('cpu')


def unit_rows(*rows):
    return F.normalize(torch.tensor(rows, dtype=torch.float), dim=1)


def memory(**kwargs):
    result = PrototypeMemory(**kwargs)
    result.reset(torch.eye(3))
    return result


def test_new_labels_make_new_prototypes_the_centroids_of_their_modality(unit):
    images, captions = unit(0, 3), unit(1, 6)
    samples = Samples(
        {'image': images.numpy(), 'text': captions.numpy()}, np.arange(6) // 2, np.full(3, -1)
    )
    of = {'image': np.array([0, -1, 0]), 'text': np.array([1, 0, -1, 1, 1, 0])}
    expected = {
        'image': F.normalize(images[[0, 2]].mean(0, keepdim=True), dim=1),
        'text': F.normalize(
            torch.stack([captions[[1, 5]].mean(0), captions[[0, 3, 4]].mean(0)]), dim=1
        ),
    }
    for modality, centroids in expected.items():
        tested = memory(labels=modality)
        tested.rebuild(Labels(of), samples, CPU)
        torch.testing.assert_close(tested.prototypes, centroids)
        assert tested.needs == {modality}


def test_it_is_empty_before_the_first_labels():
    empty = PrototypeMemory()
    empty.update(unit_rows([1, 0]), torch.tensor([-1]))
    assert len(empty) == 0
    assert empty.prototypes.dtype == torch.float32


def test_an_update_keeps_the_share_of_momentum():
    updated = memory(momentum=0.2)
    updated.update(unit_rows([0, 0, 1]), torch.tensor([0]))
    assert torch.allclose(updated.prototypes, unit_rows([0.2, 0, 0.8], [0, 1, 0], [0, 0, 1]))


def test_mode_mean_uses_the_mean_of_a_cluster_in_any_order():
    features, labels = unit_rows([0, 0, 1], [0, 1, 1], [1, 0, 0]), torch.tensor([0, 0, 1])
    one, other = memory(mode='mean', momentum=0.5), memory(mode='mean', momentum=0.5)
    one.update(features, labels)
    other.update(features.flip(0), labels.flip(0))
    assert torch.allclose(one.prototypes, other.prototypes)
    mean = features[:2].mean(0)
    assert torch.allclose(one.prototypes[0], F.normalize((torch.eye(3)[0] + mean) / 2, dim=0))


def test_mode_mean_is_weighed_by_confidence():
    features = unit_rows([0, 0, 1], [0, 1, 0], [1, 0, 0])
    updated = memory(mode='mean', momentum=0.5)
    updated.update(features, torch.tensor([0, 0, 1]), torch.tensor([0.2, 0.6, 0.1]))
    target = torch.tensor([0, 0.6 / 0.8, 0.2 / 0.8])
    assert torch.allclose(updated.prototypes[0], F.normalize(torch.eye(3)[0] + target, dim=0))
    # A share of its own sum: alone it counts fully.
    assert torch.allclose(updated.prototypes[1], unit_rows([1, 1, 0])[0])


def test_outliers_of_no_confidence_make_no_prototype_nan():
    updated = memory(mode='mean')
    updated.update(unit_rows([1, 1, 1], [1, 1, 0]), torch.tensor([-1, 0]), torch.tensor([0.0, 1.0]))
    assert torch.isfinite(updated.prototypes).all()


def test_mode_each_updates_one_after_the_other():
    features = unit_rows([0, 0, 1], [0, 1, 0])
    updated = memory(mode='each', momentum=0.5)
    updated.update(features, torch.tensor([0, 0]))
    first = F.normalize(torch.eye(3)[0] + features[0], dim=0)
    assert torch.allclose(updated.prototypes[0], F.normalize(first + features[1], dim=0))


def test_mode_hardest_uses_the_least_similar_feature_of_each_cluster():
    features = unit_rows([1, 0.1, 0], [1, 2, 0], [0, 1, 0])
    updated = memory(mode='hardest', momentum=0)
    updated.update(features, torch.tensor([0, 0, 1]))
    assert torch.allclose(
        updated.prototypes, torch.stack([features[1], features[2], torch.eye(3)[2]])
    )


@pytest.mark.parametrize('mode', ['mean', 'each', 'hardest'])
def test_outliers_labels_of_no_confidence_and_absent_clusters_change_nothing(mode):
    features, labels = unit_rows([1, 1, 1], [1, 1, 0], [0, 1, 1]), torch.tensor([-1, 0, 2])
    updated = memory(mode=mode)
    updated.update(features, labels, torch.tensor([1.0, 0.0, 0.5]))
    assert torch.equal(updated.prototypes[:2], torch.eye(3)[:2])
    assert not torch.equal(updated.prototypes[2], torch.eye(3)[2])
    without_weights = memory(mode=mode)
    without_weights.update(features[[0, 2]], labels[[0, 2]])
    assert torch.equal(without_weights.prototypes, updated.prototypes)


def test_it_follows_its_features_by_the_labels_of_its_modality(make_batch):
    weights = torch.tensor([1.0, 0.3, 1.0, 0.9])
    batch = make_batch([2, 0, -1, 0], [1, 1, 1, 1], weights={'image': weights})
    followed, expected = PrototypeMemory(features=['text', 'image']), PrototypeMemory()
    for one in (followed, expected):
        one.reset(torch.eye(3, 8))
    followed.follow(batch)
    for name in ('text', 'image'):
        expected.update(batch.features[name], batch.labels['image'], weights)
    assert torch.equal(followed.prototypes, expected.prototypes)
    assert not torch.equal(followed.prototypes, torch.eye(3, 8))


def test_an_update_does_not_disturb_the_gradient_of_the_loss_before_it():
    updated, features = memory(), unit_rows([1, 1, 0]).requires_grad_()
    loss = prototype_contrast(features, updated.prototypes, torch.tensor([0]), 0.05)
    updated.update(features.detach(), torch.tensor([0]))
    loss.backward()
    assert torch.isfinite(features.grad).all()


def test_prototypes_are_state_and_no_weights():
    assert memory().state_dict() == {}
    assert torch.equal(memory().state['prototypes'], torch.eye(3))


def test_they_share_no_memory_with_what_they_were_made_of():
    given = torch.eye(3)
    tested = PrototypeMemory()
    tested.reset(given)
    given.zero_()
    assert torch.equal(tested.prototypes, torch.eye(3))


def test_a_printed_model_shows_its_settings():
    assert "labels='text', momentum=0.1, mode='each'" in repr(
        PrototypeMemory('text', momentum=0.1, mode='each')
    )


@pytest.mark.parametrize('setting', [dict(momentum=1.1), dict(momentum=-0.1), dict(mode='median')])
def test_settings_out_of_range(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        PrototypeMemory(**setting)
