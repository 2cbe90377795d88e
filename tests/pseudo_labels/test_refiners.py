import numpy as np
import pytest

from cpcl_mm.pseudo_labels import (
    ImageCentredLabels,
    KeepLabels,
    OutlierMining,
    PairedSamples,
    PseudoLabels,
    TrueIdentities,
)
from cpcl_mm.registry import TASK_UTILS

LABELS = PseudoLabels(image=np.array([1, -1, 0]), text=np.array([-1, 0, 0, 1, -1]))
OWNER = np.array([0, 0, 1, 2, 2])


def samples(identities=None):
    known = None if identities is None else np.array(identities)
    return PairedSamples(np.ones((3, 2)), np.ones((5, 2)), OWNER, known)


@pytest.mark.parametrize(
    ('refiner', 'image', 'text'),
    [
        (KeepLabels(), [1, -1, 0], [-1, 0, 0, 1, -1]),
        (ImageCentredLabels(), [1, -1, 0], [1, 1, -1, 0, 0]),
        (TrueIdentities(), [1, 0, -1], [1, 1, 0, -1, -1]),
        (TrueIdentities(text=False), [1, 0, -1], [-1, 0, 0, 1, -1]),
        (TrueIdentities(image=False), [1, -1, 0], [1, 1, 0, -1, -1]),
    ],
)
def test_labels(refiner, image, text):
    refined = refiner(LABELS, samples(identities=[900, 30, -1]))
    assert refined.labels.image.tolist() == image
    assert refined.labels.text.tolist() == text
    assert not refined.mined_images.any()
    assert not refined.mined_texts.any()
    assert (len(refined.mined_images), len(refined.mined_texts)) == (3, 5)


@pytest.mark.parametrize('refiner', [KeepLabels(), ImageCentredLabels()])
def test_the_result_shares_no_memory_with_the_labels_before(refiner):
    refined = refiner(LABELS, samples()).labels
    assert not np.shares_memory(refined.image, LABELS.image)
    assert not np.shares_memory(refined.text, LABELS.text)


@pytest.mark.parametrize(
    ('refiner', 'image'),
    [
        (KeepLabels(), [1, -1, 0]),
        (ImageCentredLabels(), [1, -1, 0]),
        (TrueIdentities(), [1, 0, -1]),
        # There is no caption to mine a label through.
        (OutlierMining(), [1, -1, 0]),
    ],
)
def test_labels_of_images_alone(refiner, image):
    alone = PairedSamples.images_alone(np.eye(3, 4), np.array([900, 30, -1]))
    refined = refiner(PseudoLabels(LABELS.image, np.empty(0, dtype=np.int64)), alone)
    assert refined.labels.image.tolist() == image
    assert refined.labels.text.tolist() == []
    assert (len(refined.mined_images), len(refined.mined_texts)) == (3, 0)


def test_true_identities_must_be_known():
    with pytest.raises(ValueError, match='this data set has none'):
        TrueIdentities()(LABELS, samples())


def test_labels_must_belong_to_the_samples():
    short = PseudoLabels(image=LABELS.image[:2], text=LABELS.text)
    with pytest.raises(ValueError, match='image labels'):
        KeepLabels()(short, samples())


@pytest.mark.parametrize('kind', [KeepLabels, ImageCentredLabels, TrueIdentities])
def test_a_refiner_is_one_line_of_config(kind):
    assert isinstance(TASK_UTILS.build({'type': kind.__name__}), kind)
