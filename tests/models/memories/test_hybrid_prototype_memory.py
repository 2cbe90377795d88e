import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import HybridPrototypeMemory
from cpcl_mm.pseudo_labels import Labels, Samples

IMAGE = np.array([0, 0, 1, -1])
TEXT = np.array([0, 0, 1, -1, -1, -1, 2, 2])


@pytest.fixture
def rebuilt(unit):
    """A function: the memory of these labels, and the features of images and captions."""

    def rebuild(image=IMAGE, text=TEXT):
        features = {'image': unit(0), 'text': unit(1, 8)}
        arrays = {modality: x.numpy() for modality, x in features.items()}
        samples = Samples(arrays, np.arange(8) // 2, np.full(4, -1))
        memory = HybridPrototypeMemory()
        memory.rebuild(Labels({'image': image, 'text': text}), samples, torch.device('cpu'))
        return memory, features

    return rebuild


def test_a_prototype_is_the_mean_of_linked_centroids(rebuilt):
    memory, features = rebuilt()
    image = F.normalize(features['image'][:2].sum(0), dim=0)
    # Image cluster 0 has captions 0..3, whose labels are 0, 0, 1 and none.
    centroids = F.normalize(
        torch.stack(
            [features['text'][:2].sum(0), features['text'][2], features['text'][6:].sum(0)]
        ),
        dim=1,
    )
    text = F.normalize(centroids[[0, 0, 1]].sum(0), dim=0)
    torch.testing.assert_close(memory.prototypes[0], F.normalize(image + text, dim=0))


def test_an_image_cluster_without_labelled_captions_is_its_own_centroid(rebuilt):
    memory, features = rebuilt()
    torch.testing.assert_close(memory.prototypes[1], features['image'][2])


def test_no_cluster_in_one_modality_makes_no_error(rebuilt):
    memory, features = rebuilt(text=np.full(8, -1))
    torch.testing.assert_close(memory.prototypes[1], features['image'][2])
    assert len(rebuilt(image=np.full(4, -1))[0]) == 0


def test_both_modalities_move_it_by_the_label_of_the_image(rebuilt, make_batch):
    memory, _ = rebuilt()
    before = memory.prototypes
    batch = make_batch([1], [0])
    memory.follow(batch)
    expected = before[1]
    for name in ('image', 'text'):
        expected = F.normalize(0.2 * expected + 0.8 * batch.features[name][0], dim=0)
    torch.testing.assert_close(memory.prototypes, torch.stack([before[0], expected]))


def test_it_needs_features_of_both_modalities_and_follows_the_labels_of_images():
    memory = HybridPrototypeMemory(momentum=0.1, mode='hardest')
    assert memory.needs == {'image', 'text'}
    assert memory.labels == 'image'
    assert (memory.momentum, memory.mode) == (0.1, 'hardest')
