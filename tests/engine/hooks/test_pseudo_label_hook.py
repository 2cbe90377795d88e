from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config
from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.engine.hooks import PseudoLabelHook
from cpcl_mm.engine.hooks.pseudo_label_hook import STATE
from cpcl_mm.kreciprocal import ClusterResult
from cpcl_mm.pseudo_labels import Labeller, Labels, load_history
from cpcl_mm.registry import MODELS, TASK_UTILS

# Labels before the second and the fourth epoch.
BASE = """
clusterer = dict(type='JaccardDBSCAN', k1=4, k2=2, eps=0.6, min_samples=2)
mining = [dict(type='OutlierMining')]
default_hooks = dict(
    # A resumed run would look for the best checkpoint where the first one had it.
    checkpoint=dict(max_keep_ckpts=-1, save_best=None),
    pseudo_labels=dict(
        labeller=dict(image=clusterer, text=clusterer, refine=mining), start=1, interval=2
    ),
)
custom_hooks = [dict(type='EMAHook', momentum=0.3)]
train_dataloader['sampler'] = dict(type='PseudoLabelSampler', _delete_=True)
"""
HOOK = 'default_hooks.pseudo_labels.'
# Labels before the first epoch.
NOW = {f'{HOOK}start': 0}
NONE = dict(type='NoClusters')
# An image loss, and a memory of images alone.
OF_IMAGES = """
model = dict(head=dict(
    _delete_=True,
    type='MatchingHead',
    losses=dict(contrast=dict(type='PrototypeLoss', pairs=[('image', 'image')])),
    memories=dict(image=dict(type='PrototypeMemory')),
))
"""


@TASK_UTILS.register_module()
class NoClusters:
    """A clusterer that finds nothing."""

    def cluster(self, features, sample_weights=None):
        return ClusterResult(np.full(len(features), -1))


@TASK_UTILS.register_module()
class RefusesAll:
    """A clusterer that cannot do its work."""

    def cluster(self, features, sample_weights=None):
        raise ValueError(f'{len(features)} are too many')


@TASK_UTILS.register_module()
class WithGaps(Labeller):
    """A labeller of one's own, which does not count from 0 to K-1."""

    def label(self, samples):
        numbers = np.array([0, 5, 9, -1])
        sizes = {m: len(samples.identities_of(m)) for m in ('image', 'text')}
        return Labels({m: np.resize(numbers, size) for m, size in sizes.items()})


@MODELS.register_module()
class NaNTower(torch.nn.Linear):
    """An image tower that has diverged."""

    def __init__(self, **kwargs):
        super().__init__(1, 128)

    def forward(self, x):
        return (super().forward(x[:, 0, :1, 0]) * float('nan'),)


@pytest.fixture(scope='module')
def build(write_small_config):
    """A function that builds the runner of CPCL for four epochs, with its files in a folder."""

    def build(folder, extra='', **options):
        folder.mkdir(exist_ok=True)
        config = write_small_config(folder / 'small.py', 'cpcl_synthetic.py', BASE + extra)
        return Runner.from_cfg(load_run_config(config, str(folder / 'run'), options))

    return build


@pytest.fixture
def begin(build, tmp_path):
    """A function that goes as far as the steps of the first epoch would begin."""

    def begin(**settings):
        runner = build(tmp_path, **settings)
        runner.train_loop  # noqa: B018  (builds the data)
        runner.call_hook('before_run')
        runner.load_or_resume()
        runner.call_hook('before_train')
        runner.call_hook('before_train_epoch')
        return runner

    return begin


@pytest.fixture(scope='module')
def trained(build, tmp_path_factory):
    """The runner of a whole training."""
    runner = build(tmp_path_factory.mktemp('trained'))
    runner.train()
    return runner


@pytest.fixture(scope='module')
def resumed(build, trained, tmp_path_factory):
    """The runner of the same training, resumed between the clusterings."""
    runner = build(tmp_path_factory.mktemp('resumed'), **resume(path_of(trained, 2)))
    runner.train()
    return runner


def path_of(runner, epoch):
    return Path(runner.work_dir, f'epoch_{epoch}.pth')


def checkpoint(runner, epoch):
    return torch.load(path_of(runner, epoch), map_location='cpu')


def resume(path):
    return dict(resume=True, load_from=str(path))


def log_of(runner):
    return next(Path(runner.work_dir).glob('*/*.log')).read_text()


def history(runner):
    return load_history(Path(runner.work_dir, 'pseudo_labels'))


def flat(nested, prefix=''):
    """Tensors of nested dicts, by path."""
    if not isinstance(nested, dict):
        return {prefix: nested}
    return {k: v for name, x in nested.items() for k, v in flat(x, f'{prefix}/{name}').items()}


def differing(one, other):
    one, other = flat(one), flat(other)
    assert one.keys() == other.keys()
    return [key for key in one if not torch.equal(one[key], other[key])]


class TestTraining:
    def test_head_gets_labels_and_centroids_of_every_image_and_caption(self, trained):
        dataset, head = trained.train_dataloader.dataset, trained.model.head
        assert len(head.labels['image']) == len(dataset.images)
        assert len(head.labels['text']) == len(dataset.captions)
        for modality, memory in head.memories.items():
            assert len(memory) == head.labels[modality].max() + 1 > 0

    def test_labels_come_after_the_warm_up_every_interval(self, trained):
        assert [report.epoch for report in history(trained)] == [2, 4]

    def test_the_sampler_has_the_labels_of_the_head(self, trained):
        sampler, labels = trained.train_dataloader.sampler, trained.model.head.labels['image']
        assert (labels >= 0).any()
        expected = labels[torch.from_numpy(sampler.images.copy())].numpy()
        clustered = expected >= 0
        np.testing.assert_array_equal(sampler.labels[clustered], expected[clustered])
        assert (sampler.labels[~clustered] < -1).all()

    def test_the_log_has_scalars_and_a_readable_line(self, trained):
        scalars = next(Path(trained.work_dir).glob('*/vis_data/scalars.json')).read_text()
        for key in ('image/clusters', 'text/outliers_before', 'image/purity', 'seconds/extract'):
            assert f'pseudo_labels/{key}' in scalars
        assert 'Pseudo labels before epoch 4: image ' in log_of(trained)
        assert 'clusters, outliers' in log_of(trained)

    def test_nothing_clustered_is_a_warning_with_advice_and_training_goes_on(self, build, tmp_path):
        labeller = dict(_delete_=True, type='PerModality', image=NONE, text=NONE)
        options = {**NOW, f'{HOOK}labeller': labeller, 'train_cfg.max_epochs': 1}
        runner = build(tmp_path, **options)
        runner.train()
        assert 'Epoch(train)' in log_of(runner)
        assert 'No image cluster at all' in log_of(runner)
        assert 'Raise eps, lower min_samples' in log_of(runner)


class TestCheckpoint:
    def test_labels_and_memories_are_no_weights(self, trained):
        before, after = checkpoint(trained, 1), checkpoint(trained, 4)
        assert before[STATE]['labels'] == {}
        for part in ('state_dict', 'ema_state_dict'):
            assert before[part].keys() == after[part].keys()
            assert not [key for key in after[part] if 'label' in key or 'memor' in key]
        head = trained.model.head
        expected = {m: dict(prototypes=memory.prototypes) for m, memory in head.memories.items()}
        assert differing(after[STATE]['memories'], expected) == []
        assert differing(after[STATE]['labels'], head.labels) == []
        assert after[STATE]['flags'].keys() == {'image', 'text'}

    @pytest.mark.parametrize('epoch', [3, 4])
    def test_a_resumed_run_equals_an_uninterrupted_one(self, trained, resumed, epoch):
        one, other = checkpoint(trained, epoch), checkpoint(resumed, epoch)
        for part in ('state_dict', 'ema_state_dict', STATE):
            kinds = one[part].pop('kinds', None), other[part].pop('kinds', None)
            assert kinds[0] == kinds[1]
            assert differing(one[part], other[part]) == []

    def test_a_resumed_run_labels_when_it_is_time(self, resumed):
        assert [report.epoch for report in history(resumed)] == [4]

    @pytest.mark.parametrize('identities', [6, 5])
    def test_its_weights_start_a_run_without_its_labels(
        self, begin, trained, make_pedes, tmp_path, identities
    ):
        # The data set is another: of the same number of images, or not.
        root = make_pedes(tmp_path / 'other', {'train': identities, 'val': 2, 'test': 2})
        moved = {'train_dataloader.dataset.data_root': str(root)}
        runner = begin(load_from=str(path_of(trained, 4)), **moved)
        saved, head = checkpoint(trained, 4), runner.model.head
        assert differing(runner.model.state_dict(), saved['state_dict']) == []
        assert head.labels == {}
        assert [len(memory) for memory in head.memories.values()] == [0, 0]
        assert runner.train_dataloader.sampler.labels is None
        # The labels of its own come after its own warm-up.
        runner.train_loop._epoch = 1
        runner.call_hook('before_train_epoch')
        assert len(head.labels['image']) == 2 * identities

    def test_another_data_set_cannot_go_on_with_its_labels(
        self, begin, trained, make_pedes, tmp_path
    ):
        root = make_pedes(tmp_path / 'other', {'train': 5, 'val': 2, 'test': 2})
        moved = {'train_dataloader.dataset.data_root': str(root)}
        message = '12 image labels and 24 text labels, but .* 10 images and 20 captions'
        with pytest.raises(ValueError, match=message):
            begin(**moved, **resume(path_of(trained, 4)))


class TestOldCheckpoint:
    @pytest.fixture
    def path(self, trained, tmp_path):
        """A checkpoint that keeps labels and prototypes among its weights."""
        saved = checkpoint(trained, 4)
        del saved[STATE]
        old = {
            'head.image_labels': torch.zeros(12, dtype=torch.long),
            'head.image_memory.prototypes': torch.ones(1, 128),
        }
        saved['state_dict'].update(old)
        saved['ema_state_dict'].update({f'module.{key}': value for key, value in old.items()})
        torch.save(saved, tmp_path / 'old.pth')
        return tmp_path / 'old.pth'

    def test_it_cannot_be_resumed(self, begin, path):
        with pytest.raises(ValueError, match='keeps its pseudo labels among the weights, .*load_'):
            begin(**resume(path))

    def test_its_weights_start_a_run_without_a_word(self, begin, path, trained, capsys):
        runner = begin(load_from=str(path))
        saved = checkpoint(trained, 4)['state_dict']
        assert differing(runner.model.state_dict(), saved) == []
        assert runner.model.head.labels == {}
        assert 'unexpected key' not in ''.join(capsys.readouterr())


class TestLabellers:
    @pytest.fixture
    def label(self, begin):
        """A function that begins with labels, and returns the head."""

        def label(extra='', **labeller):
            labeller['_delete_'] = True
            return begin(extra=extra, **NOW, **{f'{HOOK}labeller': labeller}).model.head

        return label

    def test_numbers_without_samples_make_no_prototypes(self, label):
        head = label(type='WithGaps')
        assert head.labels['image'].tolist() == [0, 1, 2, -1] * 3
        for memory in head.memories.values():
            assert len(memory) == 3
            torch.testing.assert_close(memory.prototypes.norm(dim=1), torch.ones(3))

    @pytest.mark.parametrize(
        ('labeller', 'extra', 'extracted'),
        [
            (dict(type='ImageClusters', image=NONE), OF_IMAGES, ['images']),
            (dict(type='TrueIdentities'), OF_IMAGES, ['images']),
            (dict(type='TrueIdentities'), '', ['images', 'captions']),
        ],
    )
    def test_only_what_labeller_or_memories_read_is_encoded(
        self, label, monkeypatch, labeller, extra, extracted
    ):
        views, with_view = [], ImageCaptionDataset.with_view

        def spy(dataset, view, pipeline):
            views.append(view)
            return with_view(dataset, view, pipeline)

        monkeypatch.setattr(ImageCaptionDataset, 'with_view', spy)
        head = label(extra, **labeller)
        assert views == extracted
        assert [len(labels) for labels in head.labels.values()] == [12, 24]

    def test_a_file_without_identities_is_clustered(self, begin, make_pedes, tmp_path):
        root = make_pedes(tmp_path / 'no_ids', with_ids=False)
        moved = {'train_dataloader.dataset.data_root': str(root)}
        (report,) = history(begin(**NOW, **moved))
        assert report.modalities['image'].clusters > 0
        assert report.modalities['image'].purity is None

    def test_an_error_of_a_clusterer_says_of_which_modality(self, begin):
        text = {f'{HOOK}labeller.text': dict(_delete_=True, type='RefusesAll')}
        with pytest.raises(ValueError, match='clustering the text features failed: 24 are too'):
            begin(**NOW, **text)

    def test_features_that_are_not_finite_are_named(self, begin):
        broken = {'model.image_backbone': dict(type='NaNTower')}
        with pytest.raises(ValueError, match=r'12 of the 12 features of images .*0000_0\.png, '):
            begin(**NOW, **broken)


class TestMistakes:
    LABELLER = dict(type='TrueIdentities')

    @pytest.mark.parametrize('head', [torch.nn.Linear(1, 1), None])
    def test_a_head_that_takes_no_labels(self, head):
        runner = SimpleNamespace(model=SimpleNamespace(head=head), epoch=0)
        message = f'{type(head).__name__} takes none: use MatchingHead or one made of it'
        with pytest.raises(ValueError, match=message):
            PseudoLabelHook(self.LABELLER).before_train_epoch(runner)

    @pytest.mark.parametrize('settings', [dict(interval=0), dict(start=-1)])
    def test_settings_out_of_range(self, settings):
        ((name, value),) = settings.items()
        with pytest.raises(ValueError, match=f'{name}={value}'):
            PseudoLabelHook(self.LABELLER, **settings)
