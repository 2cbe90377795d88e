"""The comparison runs on a small data set: settings chosen on val, scores on both splits."""

import json
import re

import pytest

TOOL = 'benchmarks/reranking.py'


@pytest.fixture
def rows(exit_of_tool, small_config, small_checkpoint):
    """Run the tool; the cells of the table that it prints, by row."""
    out = exit_of_tool(TOOL, small_config(), small_checkpoint, '--device', 'cpu')[1]
    *table, empty, memory = out.splitlines()
    assert empty == ''
    assert re.fullmatch(r'peak memory of the process \d+\.\d\d GiB', memory)
    return [[cell.strip() for cell in row.strip('|').split('|')] for row in table]


def test_each_way_has_a_line_for_each_split(rows):
    header, rule, *rows = rows
    assert header[:3] == ['ranking', 'settings', 'split']
    assert set(rule) == {'---'}
    ways = ('cosine', 'k-reciprocal')
    assert [(row[0], row[2]) for row in rows] == [(w, s) for w in ways for s in ('val', 'test')]
    for *_, r1, mean_ap, mean_inp, milliseconds in rows:
        assert all(0 <= float(score) <= 100 for score in (r1, mean_ap, mean_inp))
        assert float(milliseconds) >= 0  # rounds to 0 on a fast machine


def test_the_scores_of_the_cosine_are_those_of_a_test(
    rows, run_tool, small_config, small_checkpoint, tmp_path
):
    (row,) = [row for row in rows if row[0] == 'cosine' and row[2] == 'test']
    out = tmp_path / 'scores.json'
    run_tool('test.py', small_config(), small_checkpoint, '--work-dir', tmp_path, '--out', out)
    scores = json.loads(out.read_text())
    expected = [scores[f't2i/{name}'] for name in ('R@1', 'mAP', 'mINP')]
    assert [float(cell) for cell in row[-4:-1]] == pytest.approx(expected, abs=0.01)
