import numpy as np
import pytest
import torch

from cpcl_mm.pseudo_labels import PairedSamples, PseudoLabels

OWNER = np.array([0, 0, 1])


def samples(**changes):
    parts = {
        'image_features': np.ones((2, 4)),
        'text_features': torch.ones(3, 5),
        'image_of_caption': OWNER,
        'identities': np.array([7, -1]),
    }
    return PairedSamples(**(parts | changes))


def test_a_caption_has_the_identity_of_its_image():
    assert samples().text_identities.tolist() == [7, 7, -1]
    assert samples(identities=None).text_identities is None


def test_no_images_and_no_captions():
    empty = np.empty(0, dtype=np.int64)
    nothing = PairedSamples(np.empty((0, 4)), np.empty((0, 4)), empty, empty)
    nothing.check(PseudoLabels(empty, empty))


def test_images_alone_are_samples_without_captions():
    alone = PairedSamples.images_alone(np.ones((2, 4)), np.array([7, -1]))
    assert alone.text_features.shape == (0, 4)
    assert alone.text_identities.tolist() == []
    alone.check(PseudoLabels(np.array([0, 0]), np.empty(0, dtype=np.int64)))


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'image_of_caption': OWNER[:2]}, r'image_of_caption has shape \(2,\).* 3 rows'),
        ({'identities': np.arange(3)}, r'identities has shape \(3,\).* 2 rows'),
        ({'image_of_caption': np.array([0, 2, 1])}, r'image_of_caption\[1\] is 2.* 2 images'),
        ({'image_of_caption': np.array([0, 1, -1])}, r'image_of_caption\[2\] is -1'),
    ],
)
def test_parts_that_do_not_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        samples(**changes)


@pytest.mark.parametrize(
    ('image', 'text', 'message'),
    [([0], [0, 0, 0], 'image labels'), ([0, 0], [0, 0], 'text labels')],
)
def test_labels_of_other_samples(image, text, message):
    with pytest.raises(ValueError, match=message):
        samples().check(PseudoLabels(np.array(image), np.array(text)))
