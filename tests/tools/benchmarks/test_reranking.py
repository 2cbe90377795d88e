"""The comparison runs on a small data set: settings chosen on val, scores on both splits."""

import json

import pytest

TOOL = 'benchmarks/reranking.py'


@pytest.fixture
def lines(exit_of_tool, small_config, small_checkpoint):
    """Run the tool with some flags; the lines that it prints."""
    files = (small_config(), small_checkpoint)
    return lambda *flags: exit_of_tool(TOOL, *files, '--device', 'cpu', *flags)[1].splitlines()


def test_each_way_has_a_line_for_each_split(lines):
    header, *rows = lines()
    assert header.split()[:3] == ['ranking', 'settings', 'split']
    ways = ('cosine', 'query expansion', 'k-reciprocal')
    for row, (way, split) in zip(
        rows, [(w, s) for w in ways for s in ('val', 'test')], strict=True
    ):
        assert row.startswith(way)
        *_, found, r1, mean_ap, mean_inp, milliseconds = row.split()
        assert found == split
        assert all(0 <= float(score) <= 100 for score in (r1, mean_ap, mean_inp))
        assert float(milliseconds) >= 0  # rounds to 0 on a fast machine


def test_the_scores_of_the_cosine_are_those_of_a_test(
    lines, run_tool, small_config, small_checkpoint, tmp_path
):
    (row,) = [row for row in lines() if row.startswith('cosine') and ' test ' in row]
    out = tmp_path / 'scores.json'
    run_tool('test.py', small_config(), small_checkpoint, '--work-dir', tmp_path, '--out', out)
    scores = json.loads(out.read_text())
    expected = [scores[f't2i/{name}'] for name in ('R@1', 'mAP', 'mINP')]
    assert [float(cell) for cell in row.split()[-4:-1]] == pytest.approx(expected, abs=0.01)


def test_a_table_for_a_page(lines):
    header, rule, *rows = lines('--markdown')
    assert header.startswith('| ranking |')
    assert set(rule) == set('| -')
    assert len(rows) == 6
