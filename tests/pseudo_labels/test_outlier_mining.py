import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpcl_mm.pseudo_labels import OutlierMining, PairedSamples, PseudoLabels, outlier_mining
from cpcl_mm.registry import TASK_UTILS


def unit(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def mine(labels, image_features, text_features, owner, **options):
    samples = PairedSamples(image_features, text_features, np.asarray(owner))
    return OutlierMining(**options)(labels, samples)


class TestHandWorkedExample:
    """Four images of one caption each, and a fifth of two; text clusters 0 and 1.

    | caption | 0 | 1 | 2 | 3 | 4  | 5 |
    |---------|---|---|---|---|----|---|
    | image   | 0 | 1 | 2 | 3 | 4  | 4 |
    | cluster | 0 | 0 | 0 | 1 | -1 | 1 |
    """

    owner = np.array([0, 1, 2, 3, 4, 4])
    labels = PseudoLabels(
        image=np.array([-1, 3, 5, -1, -1]),
        text=np.array([0, 0, 0, 1, -1, 1]),
    )
    images = unit(0, 50, 20, 90, 91)
    captions = unit(0, 10, 20, 30, 40, 50)

    def test_an_image_takes_the_label_of_the_most_similar_image_in_its_caption_cluster(self):
        refined = mine(self.labels, self.images, self.captions, self.owner)
        assert refined.labels.image.tolist() == [5, 3, 5, -1, -1]
        assert refined.mined_images.tolist() == [True, False, False, False, False]

    def test_outliers_are_no_candidates(self):
        # Images 3 and 4 share text cluster 1 and are very similar, but neither has a label.
        refined = mine(self.labels, self.images, self.captions, self.owner)
        assert refined.labels.image[3:].tolist() == [-1, -1]

    def test_a_caption_whose_image_is_an_outlier_stays_one(self):
        refined = mine(self.labels, self.images, self.captions, self.owner)
        assert refined.labels.text.tolist() == self.labels.text.tolist()
        assert not refined.mined_texts.any()

    def test_a_caption_takes_the_label_of_the_most_similar_caption_in_its_image_cluster(self):
        labels = PseudoLabels(
            image=np.array([2, 2, 2, 7, 2]),
            text=np.array([4, 6, 9, 8, -1, -1]),
        )
        refined = mine(labels, self.images, self.captions, self.owner)
        # Caption 3 is nearer to both, but its image lies in cluster 7.
        assert refined.labels.text.tolist() == [4, 6, 9, 8, 9, 9]
        assert refined.mined_texts.tolist() == [False] * 4 + [True] * 2

    def test_a_sibling_caption_of_the_same_image_is_a_candidate(self):
        labels = PseudoLabels(
            image=np.array([2, 2, 2, 7, 2]),
            text=np.array([4, 6, 9, 8, 1, -1]),
        )
        assert mine(labels, self.images, self.captions, self.owner).labels.text[5] == 1

    def test_captions_in_several_clusters_give_all_their_images_as_candidates(self):
        labels = PseudoLabels(image=np.array([4, 4, 4, 6, -1]), text=np.array([0, 0, 0, 1, 0, 1]))
        images = unit(0, 10, 20, 90, 70)
        assert mine(labels, images, self.captions, self.owner).labels.image[4] == 6
        images = unit(0, 10, 20, 90, 40)
        assert mine(labels, images, self.captions, self.owner).labels.image[4] == 4


class TestDirections:
    labels = PseudoLabels(image=np.array([-1, 0, 0]), text=np.array([0, 0, -1]))
    owner = np.arange(3)
    images, captions = unit(0, 1, 2), unit(0, 1, 2)

    @pytest.mark.parametrize(
        ('directions', 'image', 'text'),
        [
            (('image', 'text'), [0, 0, 0], [0, 0, 0]),
            (('image',), [0, 0, 0], [0, 0, -1]),
            (('text',), [-1, 0, 0], [0, 0, 0]),
        ],
    )
    def test_only_the_chosen_modalities_change(self, directions, image, text):
        options = {'directions': directions}
        refined = mine(self.labels, self.images, self.captions, self.owner, **options)
        assert refined.labels.image.tolist() == image
        assert refined.labels.text.tolist() == text

    def test_each_direction_reads_the_labels_before_mining(self):
        # Image 0 gets a label through its caption. Caption 1, also of image 0, could only get one
        # through that new label.
        labels = PseudoLabels(image=np.array([-1, 0]), text=np.array([0, -1, 0]))
        refined = mine(labels, unit(0, 1), unit(0, 1, 2), [0, 0, 1])
        assert refined.labels.image.tolist() == [0, 0]
        assert refined.labels.text.tolist() == [0, -1, 0]

    def test_the_labels_before_stay_as_they_are(self):
        mine(self.labels, self.images, self.captions, self.owner)
        assert self.labels.image.tolist() == [-1, 0, 0]
        assert self.labels.text.tolist() == [0, 0, -1]


class TestThresholdAndTies:
    labels = PseudoLabels(image=np.array([3, -1, 4]), text=np.array([0, 0, 0]))

    @pytest.mark.parametrize(('threshold', 'label'), [(None, 3), (0.5, 3), (0.51, -1), (1.0, -1)])
    def test_similarity_must_reach_the_threshold(self, threshold, label):
        images = unit(0, 60, 180)  # the cosine of 60 degrees is 0.5
        refined = mine(self.labels, images, np.ones((3, 2)), range(3), threshold=threshold)
        assert refined.labels.image[1] == label

    def test_without_a_threshold_opposite_features_do(self):
        labels = PseudoLabels(image=np.array([3, -1]), text=np.array([0, 0]))
        refined = mine(labels, unit(0, 180), np.ones((2, 2)), range(2))
        assert refined.labels.image.tolist() == [3, 3]

    def test_of_equally_similar_samples_the_first_counts(self):
        refined = mine(self.labels, unit(30, 0, -30), np.ones((3, 2)), range(3))
        assert refined.labels.image[1] == 3

    def test_the_first_counts_across_clusters_too(self):
        labels = PseudoLabels(image=np.array([3, 4, -1]), text=np.array([1, 0, 0, 1]))
        refined = mine(labels, unit(30, -30, 0), np.ones((4, 2)), [0, 1, 2, 2])
        assert refined.labels.image[2] == 3

    def test_lengths_of_features_do_not_matter(self):
        images = unit(0, 60, 70) * [[1], [2], [1000]]
        refined = mine(self.labels, images, np.ones((3, 2)), range(3))
        assert refined.labels.image[1] == 4


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
    labels = PseudoLabels(
        image=rng.integers(-1, clusters, images), text=rng.integers(-1, clusters, captions)
    )
    samples = PairedSamples(
        image_features=rng.normal(size=(images, 5)),
        text_features=rng.normal(size=(captions, 5)),
        image_of_caption=rng.integers(0, images, captions),
    )
    return labels, samples


class TestRandomProblems:
    @settings(derandomize=True, deadline=None, max_examples=100)
    @given(problem=problems(), threshold=st.sampled_from([None, 0.0, 0.6]))
    def test_equals_brute_force(self, problem, threshold):
        labels, samples = problem
        refined = OutlierMining(threshold)(labels, samples)
        owner, captions = samples.image_of_caption, np.arange(len(samples.image_of_caption))
        image = brute_force(labels.image, samples.image_features, owner, labels.text, threshold)
        text = brute_force(
            labels.text, samples.text_features, captions, labels.image[owner], threshold
        )
        np.testing.assert_array_equal(refined.labels.image, image)
        np.testing.assert_array_equal(refined.labels.text, text)
        np.testing.assert_array_equal(refined.mined_images, image != labels.image)
        np.testing.assert_array_equal(refined.mined_texts, text != labels.text)

    @settings(derandomize=True, deadline=None, max_examples=50)
    @given(problem=problems())
    def test_labels_that_exist_stay_and_no_outlier_is_copied(self, problem):
        labels, samples = problem
        refined = OutlierMining()(labels, samples)
        for old, new, mined in (
            (labels.image, refined.labels.image, refined.mined_images),
            (labels.text, refined.labels.text, refined.mined_texts),
        ):
            np.testing.assert_array_equal(new[old >= 0], old[old >= 0])
            assert (new[mined] >= 0).all()
            assert (old[mined] < 0).all()

    @settings(derandomize=True, deadline=None, max_examples=50)
    @given(problem=problems())
    def test_with_one_caption_an_image_the_directions_mirror_each_other(self, problem):
        labels, samples = problem
        size = min(len(labels.image), len(labels.text))
        one_each = PairedSamples(
            samples.image_features[:size], samples.text_features[:size], np.arange(size)
        )
        swapped = PairedSamples(
            one_each.text_features, one_each.image_features, one_each.image_of_caption
        )
        forward = OutlierMining()(PseudoLabels(labels.image[:size], labels.text[:size]), one_each)
        mirror = OutlierMining()(PseudoLabels(labels.text[:size], labels.image[:size]), swapped)
        np.testing.assert_array_equal(forward.labels.image, mirror.labels.text)
        np.testing.assert_array_equal(forward.labels.text, mirror.labels.image)

    @settings(derandomize=True, deadline=None, max_examples=50)
    @given(problem=problems(), seed=st.integers(0, 1000))
    def test_the_order_of_captions_does_not_matter(self, problem, seed):
        labels, samples = problem
        order = np.random.default_rng(seed).permutation(len(labels.text))
        shuffled = PairedSamples(
            samples.image_features, samples.text_features[order], samples.image_of_caption[order]
        )
        expected = OutlierMining()(labels, samples).labels
        found = OutlierMining()(PseudoLabels(labels.image, labels.text[order]), shuffled).labels
        np.testing.assert_array_equal(found.image, expected.image)
        np.testing.assert_array_equal(found.text, expected.text[order])

    @settings(derandomize=True, deadline=None, max_examples=20)
    @given(problem=problems())
    def test_large_clusters_in_parts_give_the_same(self, problem):
        labels, samples = problem
        expected = OutlierMining()(labels, samples).labels
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(outlier_mining, '_BLOCK', 3)
            found = OutlierMining()(labels, samples).labels
        np.testing.assert_array_equal(found.image, expected.image)
        np.testing.assert_array_equal(found.text, expected.text)


class TestSettings:
    @pytest.mark.parametrize('threshold', [-1.1, 1.1, float('nan')])
    def test_a_threshold_is_a_cosine(self, threshold):
        with pytest.raises(ValueError, match='threshold is a cosine'):
            OutlierMining(threshold=threshold)

    def test_an_unknown_direction_is_named(self):
        with pytest.raises(ValueError, match=r"'image' and 'text', got \['caption'\]"):
            OutlierMining(directions=['image', 'caption'])

    def test_it_is_one_line_of_config(self):
        refiner = TASK_UTILS.build({'type': 'OutlierMining', 'threshold': 0.4})
        assert isinstance(refiner, OutlierMining)
        assert refiner.threshold == 0.4
