import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpcl_mm.pseudo_labels import Labels, OutlierMining, Samples, outlier_mining
from cpcl_mm.registry import TASK_UTILS


def unit(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def make_labels(image, text):
    return Labels({'image': np.array(image), 'text': np.array(text)})


def make_samples(image_features, text_features, owner):
    features = {'image': image_features, 'text': text_features}
    return Samples(features, np.asarray(owner), np.full(len(image_features), -1))


def mine(labels, image_features, text_features, owner, **options):
    samples = make_samples(image_features, text_features, owner)
    return OutlierMining(**options)(labels, samples)


def both(named):
    """The arrays of images and of captions."""
    return named['image'], named['text']


class TestHandWorkedExample:
    """Four images of one caption each, and a fifth of two; text clusters 0 and 1.

    | caption | 0 | 1 | 2 | 3 | 4  | 5 |
    |---------|---|---|---|---|----|---|
    | image   | 0 | 1 | 2 | 3 | 4  | 4 |
    | cluster | 0 | 0 | 0 | 1 | -1 | 1 |
    """

    owner = np.array([0, 1, 2, 3, 4, 4])
    labels = make_labels([-1, 3, 5, -1, -1], [0, 0, 0, 1, -1, 1])
    images = unit(0, 50, 20, 90, 91)
    captions = unit(0, 10, 20, 30, 40, 50)

    def test_an_image_takes_the_label_of_the_most_similar_image_in_its_caption_cluster(self):
        refined = mine(self.labels, self.images, self.captions, self.owner)
        assert refined.of['image'].tolist() == [5, 3, 5, -1, -1]
        assert refined.mined['image'].tolist() == [True, False, False, False, False]

    def test_outliers_are_no_candidates(self):
        # Images 3 and 4 share text cluster 1 and are very similar, but neither has a label.
        refined = mine(self.labels, self.images, self.captions, self.owner)
        assert refined.of['image'][3:].tolist() == [-1, -1]

    def test_a_caption_whose_image_is_an_outlier_stays_one(self):
        refined = mine(self.labels, self.images, self.captions, self.owner)
        assert refined.of['text'].tolist() == self.labels.of['text'].tolist()
        assert not refined.mined['text'].any()

    def test_a_caption_takes_the_label_of_the_most_similar_caption_in_its_image_cluster(self):
        labels = make_labels([2, 2, 2, 7, 2], [4, 6, 9, 8, -1, -1])
        refined = mine(labels, self.images, self.captions, self.owner)
        # Caption 3 is nearer to both, but its image lies in cluster 7.
        assert refined.of['text'].tolist() == [4, 6, 9, 8, 9, 9]
        assert refined.mined['text'].tolist() == [False] * 4 + [True] * 2

    def test_a_sibling_caption_of_the_same_image_is_a_candidate(self):
        labels = make_labels([2, 2, 2, 7, 2], [4, 6, 9, 8, 1, -1])
        assert mine(labels, self.images, self.captions, self.owner).of['text'][5] == 1

    def test_captions_in_several_clusters_give_all_their_images_as_candidates(self):
        labels = make_labels([4, 4, 4, 6, -1], [0, 0, 0, 1, 0, 1])
        images = unit(0, 10, 20, 90, 70)
        assert mine(labels, images, self.captions, self.owner).of['image'][4] == 6
        images = unit(0, 10, 20, 90, 40)
        assert mine(labels, images, self.captions, self.owner).of['image'][4] == 4


class TestBothModalities:
    labels = make_labels([-1, 0, 0], [0, 0, -1])
    owner = np.arange(3)
    images, captions = unit(0, 1, 2), unit(0, 1, 2)

    def test_outliers_of_both_modalities_get_labels(self):
        refined = mine(self.labels, self.images, self.captions, self.owner)
        assert refined.of['image'].tolist() == refined.of['text'].tolist() == [0, 0, 0]

    def test_mining_again_keeps_what_was_mined_first(self):
        samples = make_samples(self.images, self.captions, self.owner)
        first = OutlierMining()(self.labels, samples)
        second = OutlierMining()(first, samples)
        assert second.mined['image'].tolist() == [True, False, False]
        assert second.mined['text'].tolist() == [False, False, True]

    def test_each_direction_reads_the_labels_before_mining(self):
        # Image 0 gets a label through its caption. Caption 1, also of image 0, could only get one
        # through that new label.
        labels = make_labels([-1, 0], [0, -1, 0])
        refined = mine(labels, unit(0, 1), unit(0, 1, 2), [0, 0, 1])
        assert refined.of['image'].tolist() == [0, 0]
        assert refined.of['text'].tolist() == [0, -1, 0]

    def test_the_labels_before_stay_as_they_are(self):
        mine(self.labels, self.images, self.captions, self.owner)
        assert self.labels.of['image'].tolist() == [-1, 0, 0]
        assert self.labels.of['text'].tolist() == [0, 0, -1]


class TestThresholdAndTies:
    labels = make_labels([3, -1, 4], [0, 0, 0])

    @pytest.mark.parametrize(('threshold', 'label'), [(None, 3), (0.5, 3), (0.51, -1), (1.0, -1)])
    def test_similarity_must_reach_the_threshold(self, threshold, label):
        images = unit(0, 60, 180)  # the cosine of 60 degrees is 0.5
        refined = mine(self.labels, images, np.ones((3, 2)), range(3), threshold=threshold)
        assert refined.of['image'][1] == label

    def test_without_a_threshold_opposite_features_do(self):
        labels = make_labels([3, -1], [0, 0])
        refined = mine(labels, unit(0, 180), np.ones((2, 2)), range(2))
        assert refined.of['image'].tolist() == [3, 3]

    def test_of_equally_similar_samples_the_first_counts(self):
        refined = mine(self.labels, unit(30, 0, -30), np.ones((3, 2)), range(3))
        assert refined.of['image'][1] == 3

    def test_the_first_counts_across_clusters_too(self):
        labels = make_labels([3, 4, -1], [1, 0, 0, 1])
        refined = mine(labels, unit(30, -30, 0), np.ones((4, 2)), [0, 1, 2, 2])
        assert refined.of['image'][2] == 3


def brute_force(labels, features, items, partner_labels, threshold):
    """The most similar labelled sample that meets the outlier in a partner's cluster."""
    unit_features = features / np.linalg.norm(features, axis=1, keepdims=True)
    met = [
        {c for i, c in zip(items, partner_labels, strict=True) if i == n and c >= 0}
        for n in range(len(labels))
    ]
    result = labels.copy()
    for n in np.flatnonzero(labels < 0):
        candidates = [m for m in range(len(labels)) if labels[m] >= 0 and met[m] & met[n]]
        similarity = [round(float(unit_features[m] @ unit_features[n]), 7) for m in candidates]
        if candidates and max(similarity) >= (-1 if threshold is None else threshold):
            result[n] = labels[candidates[int(np.argmax(similarity))]]
    return result


@st.composite
def problems(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    images, captions = draw(st.integers(1, 20)), draw(st.integers(0, 30))
    clusters = draw(st.integers(1, 6))
    labels = make_labels(rng.integers(-1, clusters, images), rng.integers(-1, clusters, captions))
    rows = (rng.normal(size=(number, 5)) for number in (images, captions))
    features = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in rows)
    return labels, make_samples(*features, rng.integers(0, images, captions))


class TestRandomProblems:
    @settings(derandomize=True, deadline=None, max_examples=100)
    @given(problem=problems(), threshold=st.sampled_from([None, 0.0, 0.6]))
    def test_equals_brute_force(self, problem, threshold):
        labels, samples = problem
        refined = OutlierMining(threshold)(labels, samples)
        (image, text), owner = both(labels.of), samples.image_of_caption
        image_features, text_features = both(samples.features)
        expected = {
            'image': brute_force(image, image_features, owner, text, threshold),
            'text': brute_force(
                text, text_features, np.arange(len(owner)), image[owner], threshold
            ),
        }
        for modality, wanted in expected.items():
            np.testing.assert_array_equal(refined.of[modality], wanted)
            mined = wanted != labels.of[modality]
            np.testing.assert_array_equal(refined.mined[modality], mined)

    @settings(derandomize=True, deadline=None, max_examples=50)
    @given(problem=problems())
    def test_labels_that_exist_stay_and_no_outlier_is_copied(self, problem):
        labels, samples = problem
        refined = OutlierMining()(labels, samples)
        for modality, old in labels.of.items():
            new, mined = refined.of[modality], refined.mined[modality]
            np.testing.assert_array_equal(new[old >= 0], old[old >= 0])
            assert (new[mined] >= 0).all()
            assert (old[mined] < 0).all()

    @settings(derandomize=True, deadline=None, max_examples=50)
    @given(problem=problems())
    def test_with_one_caption_an_image_the_directions_mirror_each_other(self, problem):
        labels, samples = problem
        size = min(map(len, both(labels.of)))
        image, text = (x[:size] for x in both(labels.of))
        image_features, text_features = (x[:size] for x in both(samples.features))
        numbers = np.arange(size)
        forward = mine(make_labels(image, text), image_features, text_features, numbers)
        mirror = mine(make_labels(text, image), text_features, image_features, numbers)
        np.testing.assert_array_equal(forward.of['image'], mirror.of['text'])
        np.testing.assert_array_equal(forward.of['text'], mirror.of['image'])

    @settings(derandomize=True, deadline=None, max_examples=50)
    @given(problem=problems(), seed=st.integers(0, 1000))
    def test_the_order_of_captions_does_not_matter(self, problem, seed):
        labels, samples = problem
        image, text = both(labels.of)
        order = np.random.default_rng(seed).permutation(len(text))
        image_features, text_features = both(samples.features)
        owner = samples.image_of_caption[order]
        expected = OutlierMining()(labels, samples).of
        found = mine(make_labels(image, text[order]), image_features, text_features[order], owner)
        np.testing.assert_array_equal(found.of['image'], expected['image'])
        np.testing.assert_array_equal(found.of['text'], expected['text'][order])

    @settings(derandomize=True, deadline=None, max_examples=20)
    @given(problem=problems())
    def test_large_clusters_in_parts_give_the_same(self, problem):
        labels, samples = problem
        expected = OutlierMining()(labels, samples).of
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(outlier_mining, '_BLOCK', 3)
            found = OutlierMining()(labels, samples).of
        for modality, wanted in expected.items():
            np.testing.assert_array_equal(found[modality], wanted)


def test_what_is_known_about_the_labels_stays():
    labels = make_labels([-1, 0], [0, 0])
    half = {'image': np.array([0.5, 1], dtype=np.float32)}
    labels = Labels(labels.of, confidence=half, seconds={'dbscan': 1.0})
    refined = mine(labels, unit(0, 1), unit(0, 1), range(2))
    assert refined.of['image'].tolist() == [0, 0]
    assert (refined.confidence, refined.seconds) == (half, {'dbscan': 1.0})


def test_labels_of_images_alone_cannot_be_mined():
    labels = Labels({'image': np.array([0, -1])})
    with pytest.raises(ValueError, match=r"labels of \['image'\] alone: cluster both, or leave it"):
        mine(labels, unit(0, 1), unit(0, 1), range(2))


class TestSettings:
    @pytest.mark.parametrize('threshold', [-1.1, 1.1, float('nan')])
    def test_a_threshold_is_a_cosine(self, threshold):
        with pytest.raises(ValueError, match='threshold is a cosine'):
            OutlierMining(threshold=threshold)

    def test_it_is_one_line_of_config(self):
        refiner = TASK_UTILS.build({'type': 'OutlierMining', 'threshold': 0.4})
        assert isinstance(refiner, OutlierMining)
        assert refiner.threshold == 0.4
