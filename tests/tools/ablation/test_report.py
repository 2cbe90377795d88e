"""Statistics checked by hand."""

import math

import pytest
from report import read_runs, summarize, to_markdown, write_report


@pytest.fixture
def out(tmp_path, write_run):
    """Differences in mAP of 1, 2 and 6; either config has a run that the other one lacks."""
    itc = {(0, 0): 20.0, (0, 1): 24.0, (1, 0): 22.0, (1, 1): 30.0}
    oplm = {(0, 0): 21.0, (0, 1): 26.0, (1, 0): 28.0, (9, 10): 25.0}
    for name, title, runs in (('1_itc', 'ITC', itc), ('2_oplm', 'CPCL', oplm)):
        for (draw, seed), value in runs.items():
            write_run(tmp_path, f'{name}/data{draw}_seed{seed}', value, config=f'title = {title!r}')
    return tmp_path


def test_runs_are_read_in_the_order_of_configs_draws_and_seeds(out):
    runs = read_runs(out)
    assert list(runs['config']) == ['1_itc'] * 4 + ['2_oplm'] * 4
    assert list(zip(runs['data_seed'], runs['seed'], strict=True))[4:] == [
        *((0, 0), (0, 1), (1, 0), (9, 10))
    ]
    assert list(runs['t2i/R@1'][:2]) == [15.0, 19.0]


def test_means_deviations_and_paired_differences(out):
    itc, oplm = (row for _, row in summarize(read_runs(out), '1_itc').iterrows())
    assert (itc['t2i/mAP/mean'], itc['runs']) == (24.0, 4)
    # Deviations from 24: -4, 0, -2, 6.
    assert itc['t2i/mAP/std'] == pytest.approx(math.sqrt(56 / 3))
    assert math.isnan(itc['t2i/mAP/difference'])
    assert oplm['t2i/R@10/mean'] == 55.0
    assert (oplm['t2i/mAP/difference'], oplm['t2i/mAP/pairs']) == (3.0, 3)
    # Deviations from 3: -2, -1, 3.
    assert oplm['t2i/mAP/error'] == pytest.approx(math.sqrt(14 / 2) / math.sqrt(3))


def test_the_tables(out):
    text = to_markdown(summarize(read_runs(out), '2_oplm'), '2_oplm', ['2_oplm/data3_seed3'])
    assert 'paired difference to CPCL' in text
    assert (
        '| ITC | 4 | 19.0 ± 4.3 | 54.0 ± 4.3 | 24.0 ± 4.3 | −3.00 ± 1.53 | −3.00 ± 1.53 | 1.5 |'
    ) in text
    assert '| CPCL | 4 | 20.0 ± 2.9 | 55.0 ± 2.9 | 25.0 ± 2.9 | – | – | 1.5 |' in text
    assert 'Pseudo labels' not in text
    assert text.endswith('not in the tables: 2_oplm/data3_seed3.\n')


def test_a_single_run_has_no_spread(tmp_path, write_run):
    write_run(tmp_path, 'a/data0_seed0', 20.0)
    write_run(tmp_path, 'b/data0_seed0', 21.0)
    text = to_markdown(summarize(read_runs(tmp_path), 'a'), 'a')
    assert '| b | 1 | 16.0 | 51.0 | 21.0 | +1.00 | +1.00 | 1.5 |' in text


def test_labels_are_those_of_the_last_epoch(tmp_path, write_run):
    write_run(tmp_path, 'a/data0_seed0', 20.0)
    for seed, clusters in enumerate((30.0, 50.0)):
        last = {'epoch': 2, 'image/clusters': clusters, 'image/outliers': 7.0}
        last |= {'image/outlier_share': 0.1, 'image/outliers_before': 9.0, 'image/mined': 2.0}
        last |= {'image/purity': 0.75, 'image/mined_right_share': 0.5}
        history = [last | {'epoch': 1, 'image/clusters': 1.0}, last]
        write_run(tmp_path, f'b/data0_seed{seed}', 20.0, history)
    text = to_markdown(summarize(read_runs(tmp_path), 'a'), 'a')
    assert text.splitlines()[-1] == ('| b | 40 | 9 | 7 | 0.75 | 2 | 50% | – | – | – | – | – | – |')


def test_minutes_include_those_of_the_warm_up_that_a_run_began_from(tmp_path, write_run):
    write_run(tmp_path, 'warm_up/data0_seed0', 1.0, seconds=330)
    (tmp_path / 'warm_up' / 'data0_seed0' / 'test_scores.json').unlink()
    for name, start in (('alone', 'None'), ('shared', "'warm_up/data0_seed0/epoch_8.pth'")):
        write_run(tmp_path, f'{name}/data0_seed0', 1.0, config=f'load_from = {start}')
    assert list(read_runs(tmp_path)['minutes']) == [1.5, 7.0]


def test_files_of_a_report(out):
    (out / '2_oplm' / 'data7_seed0.py').write_text('')
    table, plot = write_report(out)
    assert 'not in the tables: 2_oplm/data7_seed0.' in table.read_text()
    assert plot.stat().st_size > 10_000


def test_a_reference_that_has_no_run(out):
    with pytest.raises(ValueError, match='no complete run of x: there are 1_itc, 2_oplm'):
        write_report(out, 'x')


@pytest.mark.parametrize('content', ['{"t2i/R@1": 1.0}', '{"t2i/', '[]'])
def test_a_file_without_scores(out, content):
    (out / '1_itc' / 'data0_seed0' / 'test_scores.json').write_text(content)
    with pytest.raises(ValueError, match=r'data0_seed0/test_scores.json does not hold scores'):
        read_runs(out)
