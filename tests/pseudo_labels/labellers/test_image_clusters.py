import pytest

from cpcl_mm.pseudo_labels import ImageClusters
from cpcl_mm.registry import TASK_UTILS


@pytest.fixture
def build(given):
    """A function that builds the labeller of a config, with a clusterer that gives labels."""

    def build(labels=(1, -1, 0), kind='Given', **settings):
        image = dict(type=kind, labels=labels)
        return TASK_UTILS.build(dict(type='ImageClusters', image=image, **settings))

    return build


def test_captions_take_the_labels_of_their_images(build, make_samples):
    labels = build()(make_samples(['image']))
    assert labels.of['image'].tolist() == [1, -1, 0]
    assert labels.of['text'].tolist() == [1, 1, -1, 0, 0]
    assert labels.mined == labels.confidence == {}
    assert labels.seconds == {'image_guess': 1.5}


def test_captions_are_never_asked_for(build):
    assert isinstance(build(), ImageClusters)
    assert build().needs == {'image'}


@pytest.mark.parametrize(('weigh', 'expected'), [(False, None), (True, [2, 1, 2])])
def test_an_image_can_weigh_as_much_as_its_captions(build, given, make_samples, weigh, expected):
    build(weigh_images=weigh)(make_samples(['image']))
    ((_, weights),) = given
    assert (None if weights is None else weights.tolist()) == expected


def test_an_error_of_the_clusterer_says_of_which_modality(build, make_samples):
    with pytest.raises(ValueError, match='clustering the image features failed: 3 are too many'):
        build(kind='Refuses')(make_samples(['image']))
