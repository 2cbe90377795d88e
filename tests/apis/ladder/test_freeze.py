from pathlib import Path

import pytest
from mmengine.config import Config

from cpcl_mm.apis.ladder import freeze, plan_ladder

ITC = Path(__file__).parents[3] / 'configs' / 'synthetic_ladder' / 'itc.py'


@pytest.fixture
def plan(tmp_path):
    def plan(**options):
        return plan_ladder([ITC], tmp_path, seeds=[0, 1], cfg_options=options)

    return plan


def begin(run):
    run.work_dir.mkdir(parents=True)
    (run.work_dir / 'last_checkpoint').write_text('epoch_1.pth')


def test_the_file_holds_all_settings(plan):
    runs = plan()
    freeze(runs)
    for run in runs:
        assert Config.fromfile(run.config_file).to_dict() == run.cfg.to_dict()


def test_a_run_that_has_begun_goes_on_with_the_same_settings_only(plan):
    runs = plan()
    freeze(runs)
    begin(runs[1])
    freeze(plan())
    changed = plan(**{'train_cfg.max_epochs': 3})
    with pytest.raises(
        ValueError, match=r'itc/data0_seed1 \(param_scheduler, train_cfg\)\. Choose another folder'
    ):
        freeze(changed)
    assert Config.fromfile(runs[0].config_file).train_cfg.max_epochs != 3


def test_a_run_that_has_not_begun_may_change(plan):
    freeze(plan())
    freeze(plan(**{'train_cfg.max_epochs': 3}))
    assert Config.fromfile(plan()[0].config_file).train_cfg.max_epochs == 3
