import pytest

from cpcl_mm.apis.ladder import RunResult, draw_ladder, summarize


@pytest.fixture
def summaries(scores):
    runs = [
        RunResult(config, draw, seed, scores(value + draw + seed))
        for config, value in (('itc', 20.0), ('oplm', 23.0), ('hcm', 22.0))
        for draw in (0, 1)
        for seed in (0, 1)
    ]
    return summarize([*runs, RunResult('oplm', 7, 0, scores(40.0))])


def points(axes):
    return [line.get_xdata()[0] for line in axes.lines if line.get_marker() == 'o']


def means(axes):
    return [line.get_xdata()[0] for line in axes.lines if line.get_marker() == 'D']


def test_every_run_is_a_point_and_every_config_has_its_mean(summaries):
    scores, differences, _ = draw_ladder(summaries).axes
    assert sorted(points(scores))[:4] == [20.0, 21.0, 21.0, 22.0]
    assert len(points(scores)) == 13
    assert points(differences) == [2.0] * 4 + [3.0] * 4
    assert means(differences) == [2.0, 3.0]
    assert means(scores)[:2] == [21.0, 23.0]


def test_rows_are_named_from_top_to_bottom(summaries):
    axes = draw_ladder(summaries).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ['ITC', 'ITC + PMM + HCM', 'ITC + PMM + HCM + OPLM (CPCL)']
    assert axes.yaxis_inverted()


def test_draws_have_colors_of_their_own(summaries):
    figure = draw_ladder(summaries)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ['mean ± standard error', *(f'a run, draw {draw}' for draw in (0, 1, 7))]
    runs = [line for line in figure.axes[0].lines if line.get_marker() == 'o']
    assert len({line.get_color() for line in runs}) == 3


def test_nothing_to_draw():
    with pytest.raises(ValueError, match='no config has a complete run'):
        draw_ladder([])
