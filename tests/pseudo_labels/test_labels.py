import numpy as np
import pytest

from cpcl_mm.pseudo_labels import Labels

IMAGE, TEXT = np.array([0, -1]), np.array([1, 0, -1])


def make_labels(**parts):
    return Labels({'image': IMAGE, 'text': TEXT}, **parts)


def test_clusters_are_counted_by_the_largest_number():
    labels = Labels({'image': np.array([4, -1, 0]), 'text': np.array([-1])})
    assert (labels.num_clusters('image'), labels.num_clusters('text')) == (5, 0)


class TestCheck:
    @pytest.mark.parametrize(
        ('labels', 'message'),
        [
            (np.array([0.0, 1.0]), "labels of 'image' must be int64, not float64"),
            (np.array([0, 1], dtype=np.int32), 'not int32'),
            (np.zeros((2, 1), dtype=np.int64), r'must be \(N,\), .*, not \(2, 1\)'),
            (np.array([0, -2]), 'from -2 on'),
        ],
    )
    def test_labels_that_are_none(self, labels, message):
        with pytest.raises(ValueError, match=message):
            Labels({'image': labels})

    @pytest.mark.parametrize(
        ('kind', 'values'),
        [
            ('mined', np.zeros(2, dtype=bool)),
            ('confidence', np.ones(2, dtype=np.float32)),
            ('before', np.zeros(2, dtype=np.int64)),
        ],
    )
    def test_what_is_known_about_labels_has_their_number(self, kind, values):
        make_labels(**{kind: {'image': values}})
        message = rf"{kind} of 'text' has shape \(2,\), but the labels have \(3,\)"
        with pytest.raises(ValueError, match=message):
            make_labels(**{kind: {'text': values}})
        with pytest.raises(ValueError, match=f"{kind} of 'text' .* the labels have None"):
            Labels({'image': IMAGE}, **{kind: {'text': values}})

    @pytest.mark.parametrize(
        ('kind', 'values', 'wanted'),
        [
            ('mined', np.zeros(2, dtype=np.int64), 'bool, not int64'),
            ('confidence', np.ones(2), 'float32, not float64'),
            ('before', np.zeros(2, dtype=np.int32), 'int64, not int32'),
        ],
    )
    def test_what_is_known_about_labels_has_its_type(self, kind, values, wanted):
        with pytest.raises(ValueError, match=f"{kind} of 'image' must be {wanted}"):
            make_labels(**{kind: {'image': values}})

    @pytest.mark.parametrize('value', [-0.1, 1.1, np.nan])
    def test_confidence_is_a_share(self, value):
        make_labels(confidence={'image': np.array([0, 1], dtype=np.float32)})
        with pytest.raises(ValueError, match=r"confidence of 'text' must lie in \[0, 1\]"):
            make_labels(confidence={'text': np.array([0, value, 1], dtype=np.float32)})

    def test_labels_of_other_samples(self):
        make_labels().check({'image': 2, 'text': 3})
        with pytest.raises(ValueError, match="3 labels of 'text', but there are 4 samples"):
            make_labels().check({'image': 2, 'text': 4})

    def test_no_samples(self):
        empty = np.empty(0, dtype=np.int64)
        labels = Labels({'image': empty, 'text': empty})
        labels.check({'image': 0, 'text': 0})
        assert labels.without_gaps().num_clusters('image') == 0


class TestGaps:
    def test_numbers_are_closed_up_in_their_order(self):
        labels = Labels({'image': np.array([9, 0, -1, 5, 9]), 'text': TEXT}).without_gaps()
        assert labels.of['image'].tolist() == [2, 0, -1, 1, 2]
        assert labels.of['image'].dtype == np.int64
        assert labels.of['text'].tolist() == TEXT.tolist()

    def test_the_labels_before_follow(self):
        of, before = np.array([9, 0, 9, 5]), np.array([9, 0, -1, 5])
        labels = Labels({'image': of}, before={'image': before}).without_gaps()
        assert labels.of['image'].tolist() == [2, 0, 2, 1]
        assert labels.before['image'].tolist() == [2, 0, -1, 1]

    def test_clusters_that_refinement_has_emptied_come_behind_the_others(self):
        of, before = np.array([0, 2, 2, -1, -1]), np.array([0, 2, 1, 1, 4])
        labels = Labels({'image': of}, before={'image': before}).without_gaps()
        assert labels.of['image'].tolist() == [0, 1, 1, -1, -1]
        assert labels.before['image'].tolist() == [0, 1, 2, 2, 3]

    def test_everything_else_stays(self):
        parts = {
            'mined': {'image': np.array([True, False])},
            'confidence': {'image': np.array([0.5, 1], dtype=np.float32)},
        }
        labels = Labels({'image': np.array([3, 1])}, **parts, seconds={'dbscan': 2.0})
        closed = labels.without_gaps()
        assert closed.of['image'].tolist() == [1, 0]
        assert (closed.mined, closed.confidence) == (labels.mined, labels.confidence)
        assert closed.seconds == {'dbscan': 2.0}

    def test_the_labels_themselves_are_not_written(self):
        labels = Labels({'image': np.array([3, 1])}, before={'image': np.array([3, -1])})
        labels.without_gaps()
        assert labels.of['image'].tolist() == [3, 1]
        assert labels.before['image'].tolist() == [3, -1]
