import runpy
from pathlib import Path

import numpy as np
import pytest
from mmengine.dist import get_rank

from cpcl_mm.pseudo_labels import Labeller, Labels, Samples

RANKS = runpy.run_path(str(Path(__file__).parents[2] / 'ranks.py'))


class Numbers(Labeller):
    """A labeller of one's own: the labels that it is made with."""

    def __init__(self, image, **more):
        self.labels = Labels({'image': np.array(image)}, **more)

    def label(self, samples):
        return self.labels


def test_a_labeller_reads_no_features_unless_it_says_so():
    assert Numbers([0]).needs == set()


def test_numbers_that_no_sample_has_are_closed_up(make_samples):
    before = {'image': np.array([9, -1, 5])}
    labels = Numbers([9, 0, 5], before=before, seconds={'guess': 2.0})(make_samples())
    assert labels.of['image'].tolist() == [2, 0, 1]
    assert labels.before['image'].tolist() == [2, -1, 1]
    assert labels.seconds == {'guess': 2.0}


def test_labels_must_belong_to_the_samples(make_samples):
    with pytest.raises(ValueError, match="2 labels of 'image', but there are 3 samples"):
        Numbers([0, 0])(make_samples())


class OfItsRank(Labeller):
    """A labeller whose ranks do not agree, or of which one fails."""

    def __init__(self, size):
        self.size = size

    def label(self, samples):
        return Labels({'image': np.full(self.size, 10 * get_rank() - 1)})


def label_on_a_rank(folder):
    samples = Samples({}, np.array([0, 1]), np.array([-1, -1]))
    with pytest.raises((ValueError, RuntimeError)) as caught:
        OfItsRank(3)(samples)
    return OfItsRank(2)(samples).of['image'].tolist(), str(caught.value)


def test_every_rank_has_the_labels_of_the_main_one_and_its_errors(tmp_path):
    main, other = RANKS['run_on_ranks'](__file__, 'label_on_a_rank', tmp_path, (2,))[2]
    assert main == [[-1, -1], "3 labels of 'image', but there are 2 samples"]
    assert other == [main[0], f'the main process failed: ValueError: {main[1]}']
