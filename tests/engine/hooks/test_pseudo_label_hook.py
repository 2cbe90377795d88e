import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config
from cpcl_mm.engine.hooks import PseudoLabelHook
from cpcl_mm.pseudo_labels import ClusterResult
from cpcl_mm.registry import MODELS, TASK_UTILS

HOOK = """
custom_hooks = [
    dict(type='CPUThreadsHook'),
    dict(type='EpochSeedHook'),
    dict(
        type='PseudoLabelHook',
        pipeline=_base_.test_pipeline,
        clusterer=dict(type='JaccardDBSCAN', k1=4, k2=2, eps=0.6, min_samples=2),
        {settings}
    ),
]
default_hooks = dict(checkpoint=dict(max_keep_ckpts=-1))
"""


@TASK_UTILS.register_module()
class NoClusters:
    """A clusterer that finds nothing."""

    def __call__(self, features, sample_weights=None):
        return ClusterResult(np.full(len(features), -1))


@TASK_UTILS.register_module()
class RefusesAll:
    """A clusterer that cannot do its work."""

    def __call__(self, features, sample_weights=None):
        raise ValueError(f'{len(features)} are too many')


@MODELS.register_module()
class NaNTower(torch.nn.Linear):
    """An image tower that has diverged."""

    def __init__(self, **kwargs):
        super().__init__(1, 128)

    def forward(self, x):
        return (super().forward(x[:, 0, :1, 0]) * float('nan'),)


# One epoch, with a clustering before it.
SHORT = {'train_cfg.max_epochs': 1}


@pytest.fixture(scope='module')
def train(write_small_config):
    """A function that trains CPCL for four epochs in a folder and returns the runner."""

    def train(folder, settings='', extra='', **options):
        config = write_small_config(
            folder / 'small.py', 'cpcl_synthetic.py', HOOK.format(settings=settings) + extra
        )
        runner = Runner.from_cfg(load_run_config(config, str(folder / 'run'), options))
        runner.train()
        return runner

    return train


@pytest.fixture
def run(train, tmp_path):
    """The same, in a folder of the test's own."""

    def run(name='', **settings):
        (tmp_path / name).mkdir(exist_ok=True)
        return train(tmp_path / name, **settings)

    return run


@pytest.fixture(scope='module')
def trained(train, tmp_path_factory):
    """The runner of a training that clusters before its second and fourth epoch."""
    return train(tmp_path_factory.mktemp('trained'), settings='start=1, interval=2')


def state(runner, epoch):
    path = Path(runner.work_dir, f'epoch_{epoch}.pth')
    return torch.load(path, map_location='cpu')['state_dict']


def history(work_dir):
    lines = Path(work_dir, 'pseudo_labels', 'history.jsonl').read_text().splitlines()
    return [json.loads(line) for line in lines]


def resume(runner, epoch):
    """Options that go on from a checkpoint of another run."""
    return dict(resume=True, load_from=str(Path(runner.work_dir, f'epoch_{epoch}.pth')))


def test_head_gets_labels_and_centroids_of_every_image_and_caption(trained):
    dataset, head = trained.train_dataloader.dataset, trained.model.head
    assert len(head.image_labels) == len(dataset.images)
    assert len(head.text_labels) == len(dataset.captions)
    assert len(head.image_memory) == head.image_labels.max() + 1 > 0


def test_it_clusters_after_the_warm_up_every_interval(trained):
    assert [entry['epoch'] for entry in history(trained.work_dir)] == [2, 4]


def test_the_log_has_scalars_and_a_readable_line(trained):
    work_dir = Path(trained.work_dir)
    scalars = next(work_dir.glob('*/vis_data/scalars.json')).read_text()
    for key in ('image/clusters', 'text/outliers_before', 'image/purity', 'seconds/extract'):
        assert f'pseudo_labels/{key}' in scalars
    log = next(work_dir.glob('*/*.log')).read_text()
    assert 'Pseudo labels before epoch 4: image ' in log
    assert 'clusters, outliers' in log


def test_a_resumed_run_equals_an_uninterrupted_one_also_between_clusterings(run):
    whole = run('whole', settings='interval=2')
    resumed = run('resumed', settings='interval=2', **resume(whole, 3))
    one, other = state(whole, 4), state(resumed, 4)
    assert one.keys() == other.keys()
    assert {'head.image_labels', 'head.text_memory.prototypes'} <= one.keys()
    assert [key for key in one if not torch.equal(one[key], other[key])] == []


def test_the_sampler_gets_the_labels_also_after_resuming_between_clusterings(run):
    sampler = 'train_dataloader["sampler"] = dict(type="PseudoLabelSampler", _delete_=True)'
    settings = {'settings': 'interval=3', 'extra': sampler, 'train_cfg.max_epochs': 3}
    whole = run('whole', **settings)
    resumed = run('resumed', **settings, **resume(whole, 2))
    assert resumed.train_dataloader.sampler.labels is not None
    one, other = state(whole, 3), state(resumed, 3)
    assert [key for key in one if not torch.equal(one[key], other[key])] == []


def test_nothing_clustered_is_a_warning_with_advice_and_training_goes_on(run):
    runner = run(extra="custom_hooks[2]['clusterer'] = dict(type='NoClusters')", **SHORT)
    log = next(Path(runner.work_dir).glob('*/*.log')).read_text()
    assert 'Epoch(train)' in log
    assert 'No image cluster at all' in log
    assert 'Raise eps, lower min_samples' in log


def test_features_that_are_not_finite_are_named(run):
    break_tower = {'model.image_backbone': dict(type='NaNTower')}
    with pytest.raises(ValueError, match=r'12 of the 12 features of images .*0000_0\.png, '):
        run(**break_tower)


def test_an_error_of_a_clusterer_says_of_which_modality(run):
    text_clusterer = "text_clusterer=dict(type='RefusesAll')"
    with pytest.raises(ValueError, match='clustering the text features failed: 24 are too many'):
        run(settings=text_clusterer)


def test_a_head_that_takes_no_labels_is_refused(run):
    plain = 'model["head"] = dict(type="InstanceMatchingHead", _delete_=True)'
    with pytest.raises(ValueError, match='InstanceMatchingHead takes none: use Prototypical'):
        run(extra=f'model = dict()\n{plain}')


def test_a_checkpoint_of_another_data_set_is_refused(run, trained, make_pedes, tmp_path):
    other = make_pedes(tmp_path / 'other', identities={'train': 5, 'val': 2, 'test': 2})
    moved = {'train_dataloader.dataset.data_root': str(other), 'train_cfg.max_epochs': 6}
    with pytest.raises(ValueError, match='12 images and 24 captions, but.* 10 and 20'):
        run(**moved, **resume(trained, 4))


def test_a_file_without_identities_trains(run, make_pedes, tmp_path):
    root = make_pedes(tmp_path / 'no_ids', with_ids=False)
    runner = run(**{'train_dataloader.dataset.data_root': str(root)}, **SHORT)
    assert 'image/purity' not in history(runner.work_dir)[-1]


def test_settings_are_checked():
    with pytest.raises(ValueError, match='interval=0'):
        PseudoLabelHook(pipeline=[], interval=0)
