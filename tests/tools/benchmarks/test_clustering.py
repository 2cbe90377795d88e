"""The benchmark runs, at sizes that take no time, and prints what it is for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / 'tools' / 'benchmarks' / 'clustering.py'


def test_table_and_plot_of_all_ways_and_the_comparison_of_labels(tmp_path):
    # The dense way is held to 10 bytes a pair, which 300 samples need and 400 exceed.
    gib = 10 * 350**2 / 2**30
    options = ['300', '400', '--dimensions', '32', '--dense-gib', str(gib)]
    options += ['--approximate-above', '350', '--out', tmp_path / 'out']
    command = [sys.executable, '-W', 'ignore', TOOL, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    _, head, rule, with_dense, without, _ = done.stdout.splitlines()
    names = [name.strip() for name in head.strip('|').split('|')]
    first, second = (
        dict(zip(names, (cell.strip() for cell in row.strip('|').split('|')), strict=True))
        for row in (with_dense, without)
    )
    assert set(rule) == set('|-: ')
    assert (first['N'], second['N']) == ('300', '400')
    assert (first['search'], first['labels']) == ('exact', 'equal')
    dense = ('dense s', 'dense MiB', 'dense / ours', 'after search: dense / ours')
    assert {second[name] for name in dense} == {'-'}
    # Above 350 samples the search is approximate, and its labels are held against exact ones.
    assert re.fullmatch(r'approximate, recall [01]\.\d{3}', second['search'])
    agreement = r'ARI [01]\.\d{4} where both cluster, \d+\.\d % of samples .*; exact \d+\.\d s'
    assert re.fullmatch(agreement, second['labels'])
    assert {second[name] for name in ('product s', 'ours / product')} == {'-'}
    for name in ('product s', 'neighbors s', 'jaccard s', 'dbscan s', 'ours s', 'ours / product'):
        assert re.fullmatch(r'\d+\.\d\d', first[name]), name
    assert re.fullmatch(r'\d+\.\d', first['dense / ours'])
    assert re.fullmatch(r'\d+', first['after search: dense / ours'])
    table = (tmp_path / 'out' / 'clustering.md').read_text().splitlines()
    assert table == [head, rule, with_dense, without]
    assert (tmp_path / 'out' / 'clustering.png').read_bytes().startswith(b'\x89PNG')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [((0,), 'sizes are numbers of samples from 1, got 0'), (('--backend', 'gpu'), "'gpu'")],
)
def test_refuses_what_it_cannot_measure(run_tool, capsys, arguments, message):
    with pytest.raises(SystemExit, match='2'):
        run_tool('benchmarks/clustering.py', *arguments)
    assert message in capsys.readouterr().err
