from types import SimpleNamespace

import numpy as np
import pytest

from cpcl_mm.datasets import PseudoLabelSampler

# 12 images with two captions each; three clusters of three images, three outliers.
IMAGE_OF_CAPTION = np.repeat(np.arange(12), 2)
IMAGE_LABELS = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, -1, -1, -1])
TEXT_LABELS = np.full(24, -1)
TEXT_LABELS[20] = 0
NO_TEXT_CLUSTERS = {'image': IMAGE_LABELS, 'text': np.full(24, -1)}


class Pairs(SimpleNamespace):
    view = 'pairs'
    image_of_caption = IMAGE_OF_CAPTION

    def __len__(self):
        return len(self.image_of_caption)


class Images(SimpleNamespace):
    view = 'images'

    def __len__(self):
        return len(IMAGE_LABELS)


def sampler(epoch=0, labelled=True, **kwargs):
    result = PseudoLabelSampler(Pairs(), seed=0, **kwargs)
    if labelled:
        result.set_labels({'image': IMAGE_LABELS, 'text': TEXT_LABELS})
    result.set_epoch(epoch)
    return result


def test_pairs_of_a_cluster_come_k_at_a_time():
    tested = sampler(num_per_label=3, outliers='drop')
    tested.set_labels(NO_TEXT_CLUSTERS)
    labels = IMAGE_LABELS[IMAGE_OF_CAPTION[list(tested)]]
    groups = [set(labels[start : start + 3]) for start in range(0, 18, 3)]
    assert sorted(groups, key=min) == [{0}, {0}, {1}, {1}, {2}, {2}]
    assert groups != sorted(groups, key=min)


def test_every_kept_pair_is_seen():
    assert set(sampler(num_per_label=3)) == set(range(24))


def test_dropped_are_pairs_of_which_both_sides_are_outliers():
    assert set(sampler(num_per_label=3, outliers='drop')) == {*range(18), 20}


def test_where_only_images_are_labelled_they_decide_what_is_dropped():
    tested = sampler(num_per_label=3, outliers='drop')
    tested.set_labels({'image': IMAGE_LABELS})
    assert set(tested) == set(range(18))


@pytest.mark.parametrize('outliers', ['keep', 'drop'])
@pytest.mark.parametrize('labelled', [True, False])
def test_the_length_of_an_epoch_never_changes(outliers, labelled):
    tested = sampler(labelled=labelled, outliers=outliers)
    assert len(list(tested)) == len(tested) == 24


def test_before_the_first_clustering_every_pair_comes_once():
    assert sorted(sampler(labelled=False)) == list(range(24))


def test_epochs_differ_and_repeat():
    assert list(sampler(epoch=1)) == list(sampler(epoch=1))
    assert list(sampler(epoch=1)) != list(sampler(epoch=2))


def test_images_of_a_cluster_come_k_at_a_time_and_outliers_can_be_dropped():
    tested = PseudoLabelSampler(Images(), num_per_label=3, outliers='drop', seed=0)
    tested.set_labels({'image': IMAGE_LABELS})
    indices = list(tested)
    assert set(indices) == set(range(9))
    assert [len(set(IMAGE_LABELS[indices[i : i + 3]])) for i in range(0, 12, 3)] == [1] * 4
    kept = PseudoLabelSampler(Images(), num_per_label=3, seed=0)
    kept.set_labels({'image': IMAGE_LABELS})
    assert set(kept) == set(range(12))


def test_all_outliers_dropped_falls_back_to_all_pairs():
    tested = sampler(outliers='drop')
    tested.set_labels(NO_TEXT_CLUSTERS | {'image': np.full(12, -1)})
    assert sorted(tested) == list(range(24))


def test_ranks_share_the_same_order(monkeypatch):
    whole = list(sampler())
    parts = []
    for rank in range(2):
        monkeypatch.setattr(
            'cpcl_mm.datasets.pseudo_label_sampler.get_dist_info', lambda r=rank: (r, 2)
        )
        parts.append(list(sampler()))
    assert [parts[i % 2][i // 2] for i in range(24)] == whole


def test_mistakes(monkeypatch):
    monkeypatch.setattr(Pairs, 'view', 'captions')
    with pytest.raises(ValueError, match="view 'pairs' or 'images', not 'captions'"):
        sampler()
    monkeypatch.setattr(Pairs, 'view', 'pairs')
    with pytest.raises(ValueError, match='num_per_label'):
        sampler(num_per_label=0)
    with pytest.raises(ValueError, match="'skip'"):
        sampler(outliers='skip')
