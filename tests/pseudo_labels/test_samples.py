import numpy as np
import pytest

from cpcl_mm.pseudo_labels import Samples

OWNER = np.array([0, 0, 1])


def make_samples(**changes):
    parts = {
        'features': {'image': np.ones((2, 4)), 'text': np.ones((3, 4))},
        'image_of_caption': OWNER,
        'identities': np.array([7, -1]),
    }
    return Samples(**(parts | changes))


def test_a_caption_has_the_identity_of_its_image():
    assert make_samples().identities_of('image').tolist() == [7, -1]
    assert make_samples().identities_of('text').tolist() == [7, 7, -1]


def test_captions_are_counted_by_image_also_where_the_last_has_none():
    samples = make_samples(features={}, identities=np.full(4, -1))
    assert samples.captions_of_image.tolist() == [2, 1, 0, 0]


@pytest.mark.parametrize('modalities', [(), ('image',), ('text',)])
def test_only_features_that_were_asked_for_are_there(modalities):
    sizes = {'image': 2, 'text': 3}
    samples = make_samples(features={m: np.ones((sizes[m], 4)) for m in modalities})
    assert set(samples.features) == set(modalities)
    assert samples.captions_of_image.tolist() == [2, 1]


def test_no_images_and_no_captions():
    empty = np.empty(0, dtype=np.int64)
    nothing = Samples({'image': np.empty((0, 4))}, empty, empty)
    assert nothing.captions_of_image.tolist() == nothing.identities_of('text').tolist() == []


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'features': {'image': np.ones((3, 4))}}, "3 features of 'image', but there are 2"),
        ({'features': {'text': np.ones((2, 4))}}, "2 features of 'text', but there are 3"),
        ({'image_of_caption': np.array([0, 2, 1])}, r'image_of_caption\[1\] is 2.* 2 images'),
        ({'image_of_caption': np.array([0, 1, -1])}, r'image_of_caption\[2\] is -1'),
        (
            {'features': {'image': np.ones((2, 4)), 'text': np.ones((3, 5))}},
            'image features have 4 dimensions and caption features 5, .* by image_neck or text_',
        ),
    ],
)
def test_parts_that_do_not_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        make_samples(**changes)
