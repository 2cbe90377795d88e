import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dist import all_gather, get_rank

from cpcl_mm.kreciprocal import ClusterResult
from cpcl_mm.pseudo_labels import Labels, PerModality, Samples
from cpcl_mm.registry import TASK_UTILS

run_on_ranks = runpy.run_path(str(Path(__file__).parents[2] / 'ranks.py'))['run_on_ranks']
IMAGE, TEXT = [1, -1, 0], [-1, 0, 0, 1, -1]


@pytest.fixture
def build(given):
    """A function that builds the labeller of a config, with clusterers that give these labels."""

    def build(image=IMAGE, text=TEXT, **settings):
        for modality, labels in (('image', image), ('text', text)):
            if labels is not None:
                config = labels if isinstance(labels, dict) else dict(type='Given', labels=labels)
                settings[modality] = config
        return TASK_UTILS.build(dict(type='PerModality', **settings))

    return build


def test_each_modality_is_clustered_by_its_own_features(build, given, make_samples):
    labeller, samples = build(), make_samples()
    assert isinstance(labeller, PerModality)
    assert labeller.needs == {'image', 'text'}
    labels = labeller(samples)
    assert [x.tolist() for x in labels.of.values()] == [IMAGE, TEXT]
    (image, image_weights), (text, text_weights) = given
    assert image is samples.features['image']
    assert text is samples.features['text']
    assert image_weights is text_weights is None
    assert labels.mined == labels.confidence == {}
    assert labels.seconds.keys() == {'image_guess', 'text_guess'}
    assert labels.seconds['text_guess'] == 1.5


@pytest.mark.parametrize(
    ('settings', 'modality', 'expected'),
    [(dict(text=None), 'image', IMAGE), (dict(image=None), 'text', TEXT)],
)
def test_one_modality_alone(build, given, make_samples, settings, modality, expected):
    labeller = build(**settings)
    assert labeller.needs == {modality}
    labels = labeller(make_samples([modality]))
    assert {m: x.tolist() for m, x in labels.of.items()} == {modality: expected}
    assert len(given) == 1


def test_an_image_can_weigh_as_much_as_its_captions(build, given, make_samples):
    build(weigh_images=True)(make_samples())
    (_, image), (_, text) = given
    assert image.tolist() == [2, 1, 2]
    assert text is None


class TestAnotherLabellerForAModality:
    TRUE = dict(type='TrueIdentities')

    def test_its_labels_of_the_modality_are_taken(self, build, make_samples):
        labels = build(image=self.TRUE)(make_samples(['text'], identities=[4, 9, 4]))
        assert labels.of['image'].tolist() == [0, 1, 0]
        assert labels.of['text'].tolist() == TEXT

    def test_features_that_it_does_not_read_are_not_asked_for(self, build):
        assert build(image=self.TRUE).needs == {'text'}
        assert build(image=self.TRUE, text=self.TRUE).needs == set()
        clusters = dict(type='ImageClusters', image=dict(type='Given', labels=IMAGE))
        assert build(image=None, text=clusters).needs == {'image'}

    def test_its_confidence_and_its_seconds_come_along(self, build, make_samples, monkeypatch):
        class Unsure(type(build(image=self.TRUE).sources['image'])):
            """Labels that are only half trusted."""

            def label(self, samples):
                half = {m: np.full(n, 0.5, np.float32) for m, n in (('image', 3), ('text', 5))}
                return Labels(super().label(samples).of, confidence=half, seconds={'think': 2.0})

        monkeypatch.setitem(TASK_UTILS.module_dict, 'Unsure', Unsure)
        labels = build(image=dict(type='Unsure'))(make_samples(['text'], identities=[0, 0, 1]))
        assert labels.confidence.keys() == {'image'}
        assert labels.confidence['image'].tolist() == [0.5] * 3
        assert labels.seconds['image_think'] == 2.0


class TestRefinement:
    def test_refiners_change_the_labels_one_after_the_other(self, build, make_samples, monkeypatch):
        class Next:
            """Renames every cluster to one more, or a factor more."""

            needs = frozenset()

            def __init__(self, add=0, times=1):
                self.add, self.times = add, times

            def __call__(self, labels, samples):
                of = {
                    m: np.where(x < 0, x, x * self.times + self.add) for m, x in labels.of.items()
                }
                return Labels(of)

        monkeypatch.setitem(TASK_UTILS.module_dict, 'Next', Next)
        steps = [dict(type='Next', add=1), dict(type='Next', times=3)]
        labels = build(refine=steps).label(make_samples())
        assert labels.of['image'].tolist() == [6, -1, 3]
        # What they were is kept for reports, and without gaps both are renamed alike.
        assert labels.before['image'].tolist() == IMAGE
        assert labels.without_gaps().of['image'].tolist() == IMAGE

    def test_outliers_are_mined(self, build, make_samples):
        # Image 1 has a caption in text cluster 0, as has image 0, whose label it takes.
        mining = [dict(type='OutlierMining')]
        labels = build(refine=mining)(make_samples())
        assert labels.of['image'].tolist() == [1, 1, 0]
        assert labels.before['image'].tolist() == IMAGE
        assert labels.mined['image'].tolist() == [False, True, False]

    def test_features_that_only_refiners_read_are_asked_for(self, build):
        true = dict(type='TrueIdentities')
        mining = [dict(type='OutlierMining')]
        assert build(image=true, text=true).needs == set()
        assert build(image=true, text=true, refine=mining).needs == {'image', 'text'}


def test_an_error_of_a_clusterer_says_of_which_modality(build, make_samples):
    labeller = build(text=dict(type='Refuses', labels=TEXT))
    with pytest.raises(ValueError, match='clustering the text features failed: 5 are too many'):
        labeller(make_samples())


def test_a_labeller_of_nothing(build):
    with pytest.raises(ValueError, match='PerModality labels nothing: give a clusterer'):
        build(image=None, text=None)


def test_what_cannot_cluster_is_refused_at_once(build):
    with pytest.raises(TypeError, match='OutlierMining is no clusterer: it needs cluster'):
        build(text=dict(type='OutlierMining'))


class SharedWork:
    """A clusterer whose ranks need each other; rank ``broken`` fails before they meet."""

    def __init__(self, broken=-1):
        self.broken = broken

    def cluster(self, features, sample_weights=None):
        if get_rank() == self.broken:
            raise ValueError(f'no memory on rank {self.broken}')
        parts = all_gather(torch.full((len(features),), get_rank()))
        return ClusterResult(sum(parts).numpy(), {'share': 1.0})


def cluster_on_a_rank(folder):
    """Labels by both ranks, then the errors of a clustering that one of them leaves."""
    samples = Samples({'text': np.eye(3)}, np.zeros(3, dtype=int), np.zeros(1, dtype=int))
    found = PerModality(text=dict(type=SharedWork)).label(samples)
    with pytest.raises((ValueError, RuntimeError)) as caught:
        PerModality(text=dict(type=SharedWork, broken=1)).label(samples)
    return found.of['text'].tolist(), found.seconds, str(caught.value)


def test_every_rank_takes_part_and_an_error_of_one_ends_the_others(tmp_path):
    # That it returns at all is the point: no rank waits for the one that is gone.
    ranks = run_on_ranks(__file__, 'cluster_on_a_rank', tmp_path, (2,))[2]
    assert [rank[:2] for rank in ranks] == [[[1, 1, 1], {'text_share': 1.0}]] * 2
    assert ranks[1][2] == 'clustering the text features failed: no memory on rank 1'
