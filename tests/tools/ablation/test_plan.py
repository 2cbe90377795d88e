import pytest
from mmengine.config import Config
from plan import plan_runs, write_configs


@pytest.fixture
def plan(rows, tmp_path):
    """A function that plans runs of built-in configs, by their names."""

    def plan(*names, warm_up=None, data_seeds=(0,), seeds=(0,), **options):
        paths = [rows / f'{name}.py' for name in names]
        options = {key.replace('__', '.'): value for key, value in options.items()}
        warm_up = warm_up and rows / f'{warm_up}.py'
        return plan_runs(paths, tmp_path, seeds, data_seeds, warm_up, options)

    return plan


def begin(run):
    run.work_dir.mkdir(parents=True)
    (run.work_dir / 'last_checkpoint').write_text('elsewhere/epoch_1.pth')


def test_every_config_on_every_draw_with_every_seed(plan, tmp_path):
    runs = plan('01_itc', '06_oplm', seeds=[3, 0, 3], data_seeds=[0, 2])
    assert [run.label for run in runs] == [
        f'{name}/data{draw}_seed{seed}'
        for draw in (0, 2)
        for seed in (0, 3)
        for name in ('01_itc', '06_oplm')
    ]
    first, last = runs[0].cfg, runs[-1].cfg
    assert (first.randomness.seed, last.randomness.seed) == (0, 3)
    for part in ('train', 'val', 'test'):
        dataset = first[f'{part}_dataloader'].dataset
        assert (dataset.data_root, dataset.get('settings')) == ('data/SyntheticPedes', None)
        dataset = last[f'{part}_dataloader'].dataset
        assert dataset.data_root == 'data/SyntheticPedes_seed2'
        assert dataset.settings == {'seed': 2}
    assert not list(tmp_path.iterdir())


def test_a_data_set_that_cannot_be_drawn(tmp_path, rows):
    cuhk = rows.parent / 'cpcl_cuhk.py'
    assert len(plan_runs([cuhk], tmp_path, [0])) == 1
    with pytest.raises(ValueError, match=r'cpcl_cuhk.py reads CUHKPEDES, .*--data-seeds at 0'):
        plan_runs([cuhk], tmp_path, [0], data_seeds=[1])


def test_names_that_are_taken(plan):
    with pytest.raises(ValueError, match='need names of their own'):
        plan('01_itc', '01_itc')


@pytest.fixture
def late(rows, tmp_path_factory):
    """CPCL with the rate of the baseline, whose first clustering comes after three epochs."""
    path = tmp_path_factory.mktemp('late') / 'late.py'
    base = str(rows / '06_oplm.py')
    path.write_text(
        f'_base_ = [{base!r}]\n'
        'default_hooks = dict(pseudo_labels=dict(start=3))\n'
        'optim_wrapper = dict(optimizer=dict(lr=1e-3))\n'
    )
    return path.with_suffix('')


def test_all_but_the_longer_schedule_go_on_from_one_warm_up(plan, late):
    warm_up, *runs = plan('01_itc', '02_itc_equal_time', late, warm_up='01_itc')
    start = runs[-1].cfg.default_hooks.pseudo_labels.start
    assert warm_up.label == 'warm_up/data0_seed0'
    assert warm_up.cfg.train_cfg.max_epochs == start
    assert warm_up.cfg.param_scheduler == runs[0].cfg.param_scheduler
    assert warm_up.cfg.val_dataloader is None
    assert 'save_best' not in warm_up.cfg.default_hooks.checkpoint
    assert [run.name for run in runs if not run.warm_up] == ['02_itc_equal_time']
    assert runs[0].warm_up is warm_up
    assert runs[0].cfg.resume
    assert runs[0].cfg.load_from == str(warm_up.work_dir.resolve() / f'epoch_{start}.pth')


@pytest.mark.parametrize(
    ('options', 'starts'),
    [
        ({'default_hooks__pseudo_labels__start': 0}, r"\{'06_oplm': 0\}"),
        (
            {'default_hooks__pseudo_labels__start': 8, 'train_cfg__max_epochs': 3},
            r"\{'06_oplm': 8\}.*below their 3 epochs",
        ),
    ],
)
def test_configs_that_cannot_share_a_warm_up(plan, options, starts):
    with pytest.raises(ValueError, match=f'first clustering comes after epochs {starts}'):
        plan('06_oplm', warm_up='06_oplm', **options)
    with pytest.raises(ValueError, match=r'\(never\)'):
        plan('01_itc', warm_up='01_itc')


def test_a_schedule_that_begins_where_the_warm_up_ends(plan):
    with pytest.raises(ValueError, match='begins after 1 epochs or later'):
        plan('06_oplm', warm_up='06_oplm', default_hooks__pseudo_labels__start=1)


def test_the_file_of_a_run_holds_all_its_settings(plan):
    (run,) = plan('02_itc_equal_time')
    write_configs([run])
    assert Config.fromfile(run.config_file).to_dict() == run.cfg.to_dict()


def test_a_run_that_has_begun_goes_on_with_the_same_settings_only(plan):
    runs = plan('01_itc', seeds=[0, 1])
    write_configs(runs)
    begin(runs[1])
    write_configs(plan('01_itc', seeds=[0, 1]))
    changed = plan('01_itc', seeds=[0, 1], train_cfg__max_epochs=3)
    with pytest.raises(
        ValueError, match=r'01_itc/data0_seed1 \(param_scheduler, train_cfg\)\. Choose another'
    ):
        write_configs(changed)
    assert Config.fromfile(runs[0].config_file).train_cfg.max_epochs != 3
    write_configs(changed[:1])
    assert Config.fromfile(runs[0].config_file).train_cfg.max_epochs == 3
