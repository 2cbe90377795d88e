import numpy as np
import pytest

from cpcl_mm.pseudo_labels import LabelReport, Labels, ModalityReport, Samples, report_labels

REPORT = LabelReport(
    4,
    {
        'image': ModalityReport(
            *(2.0, 1.0, 0.25), outliers_before=3.0, mined=2.0, purity=0.5, mined_right_share=0.25
        ),
        'text': ModalityReport(0.0, 4.0, 1.0, outliers_before=4.0),
    },
    {'extract': 1.0, 'refine': 0.5},
)
SCALARS = {
    'image/clusters': 2.0,
    'image/outliers': 1.0,
    'image/outlier_share': 0.25,
    'image/outliers_before': 3.0,
    'image/mined': 2.0,
    'image/purity': 0.5,
    'image/mined_right_share': 0.25,
    'text/clusters': 0.0,
    'text/outliers': 4.0,
    'text/outlier_share': 1.0,
    'text/outliers_before': 4.0,
    'text/mined': 0.0,
    'seconds/extract': 1.0,
    'seconds/refine': 0.5,
}


def make_samples(identities):
    return Samples({}, np.array([0, 0, 1, 2]), np.array(identities))


class TestReport:
    def test_one_line_says_it_all(self):
        assert str(REPORT) == (
            'image 2 clusters, outliers 3 -> 1, purity 0.500, mined right 0.250; '
            'text 0 clusters, outliers 4 -> 4; 1.5 s'
        )

    def test_all_scores_that_are_known_are_in_the_line(self):
        known = dict(purity=0.1, nmi=0.2, ari=0.3, mined_right_share=0.4, confidence=0.5)
        report = ModalityReport(1, 0, 0, 0, **known)
        line = str(LabelReport(1, {'text': report}))
        assert line.endswith(
            'purity 0.100, NMI 0.200, ARI 0.300, mined right 0.400, confidence 0.500; 0.0 s'
        )

    def test_scalars_are_what_is_known_by_flat_names(self):
        assert REPORT.scalars() == SCALARS

    @pytest.mark.parametrize('more', [{}, {'image/silhouette': 0.5}])
    def test_scalars_make_the_report_again(self, more):
        assert LabelReport.from_scalars(4, SCALARS | more) == REPORT


class TestReportLabels:
    def test_both_modalities_are_judged_by_their_own_labels(self):
        labels = Labels(
            {'image': np.array([0, 0, 0]), 'text': np.array([0, 0, 0, -1])},
            before={'image': np.array([0, 0, -1])},
            mined={'image': np.array([False, False, True]), 'text': np.zeros(4, dtype=bool)},
            seconds={'refine': 2.0},
        )
        report = report_labels(3, labels, make_samples([6, 6, 7]), {'extract': 1.0})
        assert report.scalars() == pytest.approx(
            {
                'image/outliers_before': 1,
                'image/clusters': 1,
                'image/outliers': 0,
                'image/outlier_share': 0,
                'image/purity': 2 / 3,
                'image/nmi': 0,
                'image/ari': 0,
                'image/mined': 1,
                'image/mined_right_share': 0,
                'text/outliers_before': 1,
                'text/clusters': 1,
                'text/outliers': 1,
                'text/outlier_share': 0.25,
                'text/purity': 1,
                'text/nmi': 1,
                'text/ari': 1,
                'text/mined': 0,
                'seconds/extract': 1,
                'seconds/refine': 2,
            }
        )
        assert report.epoch == 3

    def test_without_identities_clusters_are_counted(self):
        labels = Labels({'image': np.array([0, -1, 0])}, mined={'image': np.array([True] * 3)})
        (image,) = report_labels(1, labels, make_samples([-1] * 3), {}).modalities.values()
        assert image == ModalityReport(1, 1, 1 / 3, outliers_before=1, mined=3)

    def test_labels_of_images_alone_have_no_entries_of_captions(self):
        labels = Labels({'image': np.array([0, 0, -1])})
        report = report_labels(1, labels, make_samples([6, 6, 7]), {})
        assert report.modalities.keys() == {'image'}
        assert report.modalities['image'].purity == 1

    def test_the_mean_confidence_is_known_where_labels_have_one(self):
        labels = {'image': np.array([0, 0, 1]), 'text': np.array([0, 0, 0, 1])}
        clean = np.array([1, 0, 1, 1], dtype=np.float32)
        report = report_labels(
            1, Labels(labels, confidence={'text': clean}), make_samples([-1] * 3), {}
        )
        assert report.modalities['text'].confidence == 0.75
        assert report.modalities['image'].confidence is None
