import pytest
from PIL import Image

from cpcl_mm.apis.ladder import write_report

LABELS = {
    'epoch': 20,
    'image/clusters': 326.0,
    'image/outliers_before': 214.0,
    'image/outliers': 42.0,
    'image/outlier_share': 0.1,
    'image/purity': 0.73,
    'image/mined': 172.0,
    'image/mined_right_share': 0.6,
    'text/clusters': 0.0,
    'text/outliers_before': 957.0,
    'text/outliers': 957.0,
    'text/outlier_share': 1.0,
    'text/mined': 0.0,
}


def test_the_table_and_the_plot(tmp_path, write_run, scores):
    for seed, (low, high) in enumerate([(20.0, 19.0), (24.0, 22.0)]):
        write_run(tmp_path, f'itc/data0_seed{seed}', scores(low), minutes=1)
        write_run(tmp_path, f'oplm/data0_seed{seed}', scores(high), [LABELS], minutes=4)
    write_run(tmp_path, 'oplm/data0_seed2', None)
    table, plot = write_report(tmp_path)
    lines = table.read_text(encoding='utf-8').splitlines()
    assert '| ITC | 2 | 17.0 ± 2.8 | 52.0 ± 2.8 | 22.0 ± 2.8 | – | – | 1.5 |' in lines
    (row, labels) = (line for line in lines if '(CPCL)' in line)
    assert row.endswith('| 20.5 ± 2.1 | −1.50 ± 0.50 | −1.50 ± 0.50 | 4.5 |')
    assert labels.endswith('| 326 | 214 → 42 | 0.73 | 172, 60% right | 0 | 957 → 957 | – | 0 |')
    assert lines[-1] == 'Not complete, so not in the tables: oplm/data0_seed2.'
    heads = [line for line in lines if line.startswith('| config')]
    rules = [line for line in lines if line.startswith('| ---')]
    assert [head.count('|') for head in heads] == [rule.count('|') for rule in rules] == [9, 10]
    with Image.open(plot) as picture:
        assert picture.width == 1400


def test_one_run_has_no_spread_and_without_clusters_there_is_one_table(tmp_path, write_run, scores):
    write_run(tmp_path, 'itc/data0_seed0', scores(20.0))
    write_run(tmp_path, 'mine/data0_seed0', scores(21.0))
    text = write_report(tmp_path)[0].read_text(encoding='utf-8')
    assert '| mine | 1 | 16.0 | 51.0 | 21.0 | +1.00 | +1.00 | 1.5 |' in text
    assert text.count('| config |') == 1


def test_nothing_is_complete(tmp_path, write_run):
    write_run(tmp_path, 'itc/data0_seed0', None)
    with pytest.raises(FileNotFoundError, match='has no complete run'):
        write_report(tmp_path)
