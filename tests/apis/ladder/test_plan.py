from pathlib import Path

import pytest

from cpcl_mm.apis.ladder import plan_ladder

LADDER = Path(__file__).parents[3] / 'configs' / 'synthetic_ladder'
ITC, OPLM, LONGER = (LADDER / f'{name}.py' for name in ('itc', 'oplm', 'itc_equal_time'))


def test_every_config_on_every_draw_with_every_seed(tmp_path):
    runs = plan_ladder([ITC, OPLM], tmp_path, seeds=[0, 3], data_seeds=[1, 2])
    assert [run.label for run in runs] == [
        f'{name}/data{draw}_seed{seed}'
        for draw in (1, 2)
        for seed in (0, 3)
        for name in ('itc', 'oplm')
    ]
    assert len({str(run.work_dir) for run in runs}) == 8
    last = runs[-1].cfg
    assert last.randomness.seed == 3
    for part in ('train', 'val', 'test'):
        dataset = last[f'{part}_dataloader'].dataset
        assert dataset.data_root == 'data/SyntheticPedes_seed2'
        assert dataset.settings.seed == 2
    assert not list(tmp_path.iterdir())


def test_a_warm_up_stands_before_the_runs_that_go_on_from_it(tmp_path):
    runs = plan_ladder([LONGER, OPLM], tmp_path, seeds=[0, 1], warm_up=ITC)
    assert [run.name for run in runs] == ['warm_up', 'itc_equal_time', 'oplm'] * 2
    for warm_up, longer, oplm in (runs[:3], runs[3:]):
        assert oplm.warm_up is warm_up
        assert oplm.cfg.load_from == str(warm_up.checkpoint)
        assert oplm.cfg.resume is True
        assert warm_up.seed == oplm.seed
        assert longer.warm_up is None
        assert longer.cfg.resume is False


def test_what_is_complete(tmp_path, write_run, scores):
    warm_up, oplm = plan_ladder([OPLM], tmp_path, seeds=[0], warm_up=ITC)
    assert not warm_up.is_complete
    assert not oplm.is_complete
    write_run(tmp_path, 'warm_up/data0_seed0', None)
    for epoch, complete in ((1, False), (warm_up.cfg.train_cfg.max_epochs, True)):
        (warm_up.work_dir / 'last_checkpoint').write_text(f'somewhere/epoch_{epoch}.pth')
        assert warm_up.is_complete == complete
    write_run(tmp_path, 'oplm/data0_seed0', scores(1.0))
    assert oplm.is_complete


def test_options_reach_every_run(tmp_path):
    options = {'train_cfg.max_epochs': 9, 'train_dataloader.dataset.settings.clutter': 1}
    warm_up, oplm = plan_ladder([OPLM], tmp_path, [0], warm_up=ITC, cfg_options=options)
    assert oplm.cfg.train_cfg.max_epochs == 9
    for run in (warm_up, oplm):
        assert run.cfg.train_dataloader.dataset.settings == {'clutter': 1, 'seed': 0}


def test_only_the_built_in_data_set_is_drawn_anew(tmp_path, small_config):
    config = small_config()
    (run,) = plan_ladder([config], tmp_path, seeds=[0])
    assert 'settings' not in run.cfg.train_dataloader.dataset
    with pytest.raises(ValueError, match='ImageCaptionDataset, which cannot be drawn with seed 1'):
        plan_ladder([config], tmp_path, seeds=[0], data_seeds=[1])


def test_names_of_configs_must_differ(tmp_path):
    with pytest.raises(ValueError, match='names of their own'):
        plan_ladder([ITC, ITC], tmp_path, seeds=[0])
