"""Curves of pseudo labels, read back from the figure."""

import io

import pytest
from PIL import Image

from cpcl_mm.pseudo_labels import LabelReport, ModalityReport
from cpcl_mm.visualization import draw_label_curves

PLAIN = ('clusters', 'outliers', 'outlier_share', 'outliers_before', 'mined')
JUDGED = ('purity', 'nmi', 'ari', 'mined_right_share')


def make_report(epoch, keys=PLAIN + JUDGED, **values):
    """A report with another value for each key, but for those that are given."""
    modalities = {
        modality: ModalityReport(
            **{key: epoch + (place + shift) / 100 for place, key in enumerate(keys)} | values
        )
        for modality, shift in (('image', 0), ('text', 50))
    }
    return LabelReport(epoch, modalities)


def curves(figure):
    """The points of each curve of each panel, by its name in the legend."""
    return [
        {
            line.get_label(): list(
                zip(*(map(float, axis) for axis in line.get_data()), strict=True)
            )
            for line in axes.lines
        }
        for axes in figure.axes
    ]


def save(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer)
    return buffer


def test_every_panel_has_the_curves_of_both_modalities():
    clusters, outliers, agreement, mining = curves(draw_label_curves([make_report(1)]))
    assert list(clusters) == ['image', 'text']
    assert list(outliers) == ['image, before', 'image, after', 'text, before', 'text, after']
    assert list(agreement) == [
        f'{modality}, {measure}'
        for modality in ('image', 'text')
        for measure in ('purity', 'NMI', 'ARI')
    ]
    assert list(mining) == ['image', 'text']


def test_curves_go_through_the_recorded_values():
    history = [make_report(epoch) for epoch in (2, 5, 6)]
    clusters, outliers, agreement, mining = curves(draw_label_curves(history))
    expected = {
        'image/clusters': clusters['image'],
        'text/clusters': clusters['text'],
        'image/outliers': outliers['image, after'],
        'image/outliers_before': outliers['image, before'],
        'text/purity': agreement['text, purity'],
        'image/nmi': agreement['image, NMI'],
        'image/ari': agreement['image, ARI'],
        'text/mined_right_share': mining['text'],
    }
    for key, points in expected.items():
        assert points == [(report.epoch, report.scalars()[key]) for report in history], key


def test_the_true_number_of_identities_is_a_dashed_line():
    figure = draw_label_curves([make_report(1)], num_identities=4000)
    line = figure.axes[0].lines[-1]
    assert line.get_label() == '4,000 identities'
    assert set(line.get_ydata()) == {4000}
    assert line.get_linestyle() == '--'
    assert figure.axes[0].get_ylim()[1] > 4000


def test_legends_do_not_hide_curves():
    shares = dict.fromkeys(JUDGED, 1.0)
    history = [make_report(epoch, **shares) for epoch in (9, 0.1, 0.2, 0.3, 0.4)]
    figure = draw_label_curves(history, num_identities=12)
    save(figure)  # Lays out.
    for axes in figure.axes:
        legend = axes.get_legend().get_window_extent()
        for line in axes.lines:
            highest = axes.transData.transform((1, max(line.get_ydata())))[1]
            assert highest < legend.y0


def test_nothing_but_zeros_can_be_drawn():
    zeros = make_report(1, **dict.fromkeys(PLAIN + JUDGED, 0.0))
    assert all(axes.get_ylim()[1] > 0 for axes in draw_label_curves([zeros]).figure.axes)


def test_panels_without_identities_say_so():
    figure = draw_label_curves([make_report(epoch, PLAIN) for epoch in (1, 2)])
    clusters, outliers, agreement, mining = figure.axes
    assert clusters.lines
    assert outliers.lines
    for axes in agreement, mining:
        assert not axes.lines
        assert [text.get_text() for text in axes.texts] == [
            'identities are not known'
            if axes is agreement
            else 'nothing was mined, or identities are not known'
        ]
    assert save(figure)


def test_epochs_without_a_value_are_left_out():
    history = [make_report(1), make_report(2, PLAIN), make_report(3)]
    clusters, _, _, mining = curves(draw_label_curves(history))
    assert [epoch for epoch, _ in clusters['image']] == [1, 2, 3]
    assert [epoch for epoch, _ in mining['image']] == [1, 3]


@pytest.mark.parametrize('epochs', [[7], range(1, 301)])
def test_epochs_are_whole_numbers_however_many_there_are(epochs):
    figure = draw_label_curves([make_report(epoch) for epoch in epochs])
    for axes in figure.axes:
        left, right = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if left <= tick <= right]
        assert ticks
        assert all(tick == int(tick) for tick in ticks)


def test_the_picture_suits_a_readme():
    figure = draw_label_curves([make_report(1)], title='My data')
    assert 'My data' in [text.get_text() for text in figure.texts]
    with Image.open(save(figure)) as picture:
        assert (picture.format, picture.size) == ('PNG', (1200, 800))


def test_an_empty_history_is_an_error():
    with pytest.raises(ValueError, match='history has no entries'):
        draw_label_curves([])
