"""Two methods on easier and harder draws: the runs planned, the table and the picture."""

import draws
import pytest
from mmengine.config import Config

TOOL = 'ablation/draws.py'
NAMES = ['02_itc_equal_time', '06_oplm']


@pytest.fixture
def compared(write_run, tmp_path):
    """Two seeds on the standard draw, one on another, none on the rest."""
    for draw, seed, itc, cpcl in (
        ('standard', 0, 40.0, 42.0),
        ('standard', 1, 41.0, 44.0),
        ('brief', 0, 30.0, 29.0),
    ):
        for name, score in zip(NAMES, (itc, cpcl), strict=True):
            write_run(tmp_path / draw, f'{name}/data0_seed{seed}', score)
    return tmp_path


def test_a_draw_is_compared_by_its_paired_runs(compared):
    table = draws.compare(compared, NAMES)
    assert list(table.index) == ['standard', 'brief']
    assert table.loc['standard', 't2i/mAP/difference'] == pytest.approx(2.5)
    assert table.loc['standard', 't2i/mAP/error'] == pytest.approx(0.5)
    assert '| standard | 2 | 35.5 | 38.0 | +2.50 ± 0.50 | 40.5 |' in draws.to_markdown(
        table, ['ITC', 'CPCL']
    )


def test_a_draw_reads_its_own_data_in_every_split(monkeypatch, tmp_path):
    monkeypatch.setattr(draws, 'train_all', lambda runs, tool, jobs: {})
    monkeypatch.setattr('sys.argv', ['draws.py', '--draws', 'standard', 'eight_images'])
    monkeypatch.chdir(tmp_path)
    assert draws.main() == 0
    for draw, root in (('standard', 'SyntheticPedes'), ('eight_images', 'SyntheticPedes_eight')):
        cfg = Config.fromfile(f'work_dirs/draws/{draw}/06_oplm/data0_seed0.py')
        for part in ('train', 'val', 'test'):
            dataset = cfg[f'{part}_dataloader'].dataset
            assert dataset.data_root.startswith(f'data/{root}')
            if draw != 'standard':
                assert dataset.settings == {'images_per_identity': 8, 'train_identities': 400}


def test_failed_runs_are_named_and_the_rest_is_drawn(compared, monkeypatch, capsys):
    failed = {'06_oplm/data0_seed2': 'exit code 1'}
    monkeypatch.setattr(draws, 'train_all', lambda runs, tool, jobs: failed)
    monkeypatch.setattr('sys.argv', ['draws.py', '--out', str(compared)])
    assert draws.main() == 1
    printed = capsys.readouterr().out
    assert 'FAILED 06_oplm/data0_seed2: exit code 1' in printed
    assert (
        '| captions omit 60 % | 1 | 25.0 | 24.0 | -1.00 ± nan |' in printed
    )  # one run has no error
    assert (compared / 'draws.png').stat().st_size > 10_000


def test_one_config_is_no_comparison(exit_of_tool):
    code, _, error = exit_of_tool(TOOL, 'configs/ablation/06_oplm.py')
    assert code == 2
    assert 'name two configs' in error
