import pytest
from plot import draw
from report import read_runs, summarize


@pytest.fixture
def figure(tmp_path, write_run):
    for name, value in (('itc', 20.0), ('oplm', 22.0)):
        for draw_seed, seed in ((0, 0), (0, 1), (1, 0)):
            label = f'{name}/data{draw_seed}_seed{seed}'
            write_run(tmp_path, label, value + seed + draw_seed, config=f'title = "{name.upper()}"')
    runs = read_runs(tmp_path)
    return draw(runs, summarize(runs, 'itc'), 'itc')


def test_a_row_for_each_config_from_top_to_bottom(figure):
    score = figure.axes[0]
    assert [label.get_text() for label in score.get_yticklabels()] == ['ITC', 'OPLM']
    assert score.yaxis_inverted()


def test_points_of_runs_and_their_mean(figure):
    score, difference, _ = figure.axes
    assert {line.get_xdata()[0] for line in score.lines if len(line.get_xdata())} >= {20.0, 23.0}
    assert [text.get_text() for text in score.texts] == ['20.7', '22.7']
    assert [text.get_text() for text in difference.texts] == ['+2.0']
    assert difference.get_title(loc='left') == 'Δ mAP to ITC'


def test_the_legend_names_the_draws(figure):
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(texts) == ['a run, draw 0', 'a run, draw 1', 'mean ± standard error']
