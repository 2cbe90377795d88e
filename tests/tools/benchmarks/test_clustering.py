"""The benchmark runs, at sizes that take no time, and prints what it is for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / 'tools' / 'benchmarks' / 'clustering.py'


def test_table_of_all_ways_and_the_comparison_of_labels():
    # The dense way is held to 10 bytes a pair, which 300 samples need and 400 exceed.
    gib = 10 * 350**2 / 2**30
    options = ['300', '400', '--dimensions', '32', '--dense-gib', str(gib)]
    command = [sys.executable, '-W', 'ignore', TOOL, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    _, head, rule, *rows = done.stdout.splitlines()
    names = [name.strip() for name in head.strip('|').split('|')]
    first, second = (
        dict(zip(names, (cell.strip() for cell in row.strip('|').split('|')), strict=True))
        for row in rows
    )
    assert set(rule) == set('|-: ')
    assert (first['N'], second['N']) == ('300', '400')
    assert first['labels'] == 'equal'
    assert {second[name] for name in ('dense s', 'dense / ours', 'labels')} == {'-'}
    for name in ('product s', 'neighbors s', 'jaccard s', 'dbscan s', 'ours s', 'ours / product'):
        assert re.fullmatch(r'\d+\.\d\d', first[name]), name
    assert re.fullmatch(r'\d+\.\d', first['dense / ours'])
    assert re.fullmatch(r'\d+', first['ours MiB'])


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [((0,), 'sizes are numbers of samples from 1, got 0'), (('--backend', 'gpu'), "'gpu'")],
)
def test_refuses_what_it_cannot_measure(run_tool, capsys, arguments, message):
    with pytest.raises(SystemExit, match='2'):
        run_tool('benchmarks/clustering.py', *arguments)
    assert message in capsys.readouterr().err
