import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import PrototypeMemory


def unit(*rows):
    return F.normalize(torch.tensor(rows, dtype=torch.float), dim=1)


def memory(**kwargs):
    result = PrototypeMemory(**kwargs)
    result.reset(torch.eye(3))
    return result


def test_contrast_is_the_cross_entropy_of_similarities():
    features = unit([1, 0, 0], [1, 1, 0])
    loss = memory(temperature=0.5).contrast(features, torch.tensor([0, 1]))
    expected = F.cross_entropy(features / 0.5, torch.tensor([0, 1]))
    assert torch.isclose(loss, expected)


def test_outliers_take_no_part_in_contrast():
    features = unit([1, 0, 0], [1, 1, 0])
    both = memory().contrast(features, torch.tensor([0, -1]))
    assert torch.isclose(both, memory().contrast(features[:1], torch.tensor([0])))


def test_without_labels_the_contrast_is_zero_and_still_has_a_gradient():
    features = unit([1, 0, 0]).requires_grad_()
    PrototypeMemory().contrast(features, torch.tensor([-1])).backward()
    assert features.grad.abs().sum() == 0


def test_an_update_keeps_the_share_of_momentum():
    updated = memory(momentum=0.2)
    updated.update(unit([0, 0, 1]), torch.tensor([0]))
    assert torch.allclose(updated.prototypes, unit([0.2, 0, 0.8], [0, 1, 0], [0, 0, 1]))


def test_mode_mean_uses_the_mean_of_a_cluster_in_any_order():
    features, labels = unit([0, 0, 1], [0, 1, 1], [1, 0, 0]), torch.tensor([0, 0, 1])
    one, other = memory(mode='mean', momentum=0.5), memory(mode='mean', momentum=0.5)
    one.update(features, labels)
    other.update(features.flip(0), labels.flip(0))
    assert torch.allclose(one.prototypes, other.prototypes)
    mean = features[:2].mean(0)
    assert torch.allclose(one.prototypes[0], F.normalize((torch.eye(3)[0] + mean) / 2, dim=0))


def test_mode_each_updates_one_after_the_other():
    features = unit([0, 0, 1], [0, 1, 0])
    updated = memory(mode='each', momentum=0.5)
    updated.update(features, torch.tensor([0, 0]))
    first = F.normalize(torch.eye(3)[0] + features[0], dim=0)
    assert torch.allclose(updated.prototypes[0], F.normalize(first + features[1], dim=0))


def test_mode_hardest_uses_the_least_similar_feature_of_each_cluster():
    features = unit([1, 0.1, 0], [1, 2, 0], [0, 1, 0])
    updated = memory(mode='hardest', momentum=0)
    updated.update(features, torch.tensor([0, 0, 1]))
    assert torch.allclose(
        updated.prototypes, torch.stack([features[1], features[2], torch.eye(3)[2]])
    )


@pytest.mark.parametrize('mode', ['mean', 'each', 'hardest'])
def test_outliers_and_absent_clusters_change_nothing(mode):
    updated = memory(mode=mode)
    updated.update(unit([1, 1, 1], [0, 1, 1]), torch.tensor([-1, 2]))
    assert torch.equal(updated.prototypes[:2], torch.eye(3)[:2])
    assert not torch.equal(updated.prototypes[2], torch.eye(3)[2])


def test_an_update_does_not_disturb_the_gradient_of_the_loss_before_it():
    updated, features = memory(), unit([1, 1, 0]).requires_grad_()
    loss = updated.contrast(features, torch.tensor([0]))
    updated.update(features.detach(), torch.tensor([0]))
    loss.backward()
    assert torch.isfinite(features.grad).all()


def test_a_checkpoint_of_any_number_of_clusters_loads():
    fresh = PrototypeMemory()
    fresh.load_state_dict(memory().state_dict())
    assert torch.equal(fresh.prototypes, torch.eye(3))


def test_features_of_another_size_are_refused_with_both_sizes():
    for call in ('contrast', 'update'):
        with pytest.raises(ValueError, match='features of size 2 meet prototypes of size 3'):
            getattr(memory(), call)(unit([1, 0]), torch.tensor([0]))


@pytest.mark.parametrize('setting', [dict(momentum=1.1), dict(mode='median'), dict(temperature=0)])
def test_settings_out_of_range(setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        PrototypeMemory(**setting)
