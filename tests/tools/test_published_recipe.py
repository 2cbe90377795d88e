"""The published recipes run from end to end, on small files of each data set's schema.

All that differs from a real run is a small CLIP, a small batch and two epochs, and all of it comes
from the command line.
"""

import json
from pathlib import Path

import open_clip
import pytest
import torch
from mmengine.registry import DefaultScope

from cpcl_mm.apis import load_run_config, run_parser
from cpcl_mm.registry import MODELS

CONFIGS = Path(__file__).parents[2] / 'configs'
# CLIP's vocabulary and captions, a square native input, and few patches of 384 x 128.
CLIP = dict(
    embed_dim=16,
    quick_gelu=True,
    vision_cfg=dict(image_size=128, patch_size=64, width=32, layers=2, head_width=16),
    text_cfg=dict(context_length=77, vocab_size=49408, width=16, heads=1, layers=2),
)
FOLDERS = {'cuhk': 'CUHK-PEDES', 'icfg': 'ICFG-PEDES', 'rstp': 'RSTPReid'}
SCORES = {f'{way}/{name}' for way in ('t2i', 'i2t') for name in ('R@1', 'mAP', 'mINP')}


def small_clip(place):
    """Write the architecture of a tower as options."""
    options = [f'{place}.architecture._delete_=True']
    for key, value in CLIP.items():
        entries = {f'.{k}': v for k, v in value.items()} if isinstance(value, dict) else {'': value}
        options += [f'{place}.architecture.{key}{sub}={v}' for sub, v in entries.items()]
    return options


OPTIONS = [
    *small_clip('model.image_backbone'),
    *small_clip('model.text_backbone'),
    'train_cfg.max_epochs=2',
    'train_cfg.val_interval=2',
    'default_hooks.checkpoint.interval=2',
    'train_dataloader.batch_size=4',
    *(f'{part}_dataloader.num_workers=0' for part in ('train', 'test')),
]
# In ICFG-PEDES there is no val split.
VAL = ['val_dataloader.num_workers=0']
HOOK = 'default_hooks.pseudo_labels'
LABELS = [f'{HOOK}.num_workers=0']
# Few images and captions: few neighbors.
CLUSTERS = [f'{HOOK}.labeller.{m}.{k}' for m in ('image', 'text') for k in ('k1=4', 'k2=2')]
LOSSES = 'model.head.losses'
NECKS = [
    f'model.{m}_neck.{k}' for m in ('image', 'text') for k in ('in_channels=16', 'out_channels=8')
]
# The widths of the two embeddings.
COLUMNS = [
    f'{LOSSES}.tal_global.columns=[0,16]',
    f'{LOSSES}.tal_token.columns=[16,24]',
    f'{HOOK}.labeller.columns=[[0,16],[16,24]]',
]
OF_CONFIG = {
    'cpcl': [*LABELS, *CLUSTERS],
    'true_identities': LABELS,
    # The third loss begins in epoch 21.
    'icpg': [*LABELS, *CLUSTERS[:2], f'{LOSSES}.chm.start_epoch=1'],
    'dgcmia': LABELS,
    'irra': [f'{LOSSES}.id.num_identities=4', *(f'{LOSSES}.{k}=16' for k in ('id.dim', 'mlm.dim'))],
    'rde': [*LABELS, *NECKS, *COLUMNS],
}
# The losses of each peer, and what is known of its labels.
PEERS = {
    'icpg': ({'itc', 'cdm', 'chm'}, 'image/clusters'),
    'dgcmia': ({'itc', 'local', 'neighbor', 'consistency'}, 'image/outliers'),
    'irra': ({'sdm', 'id', 'mlm'}, 'image/ari'),
    'rde': ({'tal_global', 'tal_token'}, 'text/confidence'),
}


def options(name, data):
    return [*OPTIONS, *(VAL if data != 'icfg' else []), *OF_CONFIG.get(name, [])]


@pytest.fixture(scope='module')
def roots(tmp_path_factory, write_public_dataset):
    """The folder of a small data set of each schema."""
    return {
        data: write_public_dataset(
            name, tmp_path_factory.mktemp(data), dict(train=4, val=2, test=2)
        )
        for data, name in FOLDERS.items()
    }


@pytest.fixture(scope='module')
def clip():
    """open_clip's own model of the small architecture."""
    torch.manual_seed(0)
    return open_clip.CLIP(**CLIP).eval()


@pytest.fixture(scope='module')
def weights(clip, tmp_path_factory):
    """A weights file of it, as open_clip writes them."""
    path = tmp_path_factory.mktemp('weights') / 'clip.pt'
    torch.save(clip.state_dict(), path)
    return path


@pytest.fixture
def train(run_tool, roots, weights, tmp_path):
    """A function that trains by a config and returns the work directory."""

    def train(name, data, *flags):
        run_tool(
            'train.py',
            next(CONFIGS.rglob(f'{name}_{data}.py')),
            *('--data-root', roots[data], '--weights', weights, '--work-dir', tmp_path),
            *(*flags, '--cfg-options', *options(name, data)),
        )
        return tmp_path

    return train


def log_of(work_dir):
    return next(work_dir.glob('*/*.log')).read_text()


def scalars(work_dir, key):
    lines = next(work_dir.glob('*/vis_data/scalars.json')).read_text().splitlines()
    return [entry[key] for entry in map(json.loads, lines) if key in entry]


@pytest.mark.parametrize('data', FOLDERS)
def test_cpcl_clusters_trains_and_tests(train, data):
    work_dir = train('cpcl', data, '--auto-scale-lr')
    assert json.loads((work_dir / 'test_scores.json').read_text()).keys() >= SCORES
    assert len(scalars(work_dir, 'pseudo_labels/image/clusters')) == 2
    for term in ('instance', 'intra', 'cross'):
        assert scalars(work_dir, f'loss_{term}')
    # A batch of 4 in the place of 64.
    assert max(scalars(work_dir, 'lr')) <= 1e-5 * 4 / 64
    chosen = 'best_t2i_mAP' if data != 'icfg' else 'Testing the last weights'
    assert chosen in log_of(work_dir)


def test_the_baseline_trains_without_clusters(train):
    work_dir = train('clip_itc', 'cuhk')
    assert min(scalars(work_dir, 'loss_itc')) > 0
    assert not (work_dir / 'pseudo_labels').exists()
    assert json.loads((work_dir / 'test_scores.json').read_text()).keys() >= SCORES


def test_true_identities_are_their_own_labels(train):
    work_dir = train('true_identities', 'rstp')
    assert scalars(work_dir, 'pseudo_labels/image/ari') == [1.0, 1.0]


@pytest.mark.parametrize('data', FOLDERS)
@pytest.mark.parametrize('name', PEERS)
def test_the_peers_train_two_epochs_and_test(train, name, data):
    work_dir = train(name, data)
    assert json.loads((work_dir / 'test_scores.json').read_text()).keys() >= SCORES
    terms, known = PEERS[name]
    for term in terms:
        # What starts late has no cost before.
        assert max(scalars(work_dir, f'loss_{term}')) > 0
    assert scalars(work_dir, f'pseudo_labels/{known}')


def test_masking_trains_by_captions_with_masks(train, monkeypatch):
    """Each batch is read whole, too; tests read whole captions alone."""
    seen = []
    forward = open_clip.transformer.TextTransformer.forward
    monkeypatch.setattr(
        open_clip.transformer.TextTransformer,
        'forward',
        lambda self, text: seen.append((self.training, text)) or forward(self, text),
    )
    train('clip_itc_masking', 'icfg')
    training = [text for is_training, text in seen if is_training]
    whole, masked = training[::2], training[1::2]
    assert not any((text == 49405).any() for text in whole)
    assert all((text == 49405).any() for text in masked)
    assert not any((text == 49405).any() for is_training, text in seen if not is_training)


def test_weights_are_tested_as_they_are(run_tool, roots, weights, tmp_path):
    out = tmp_path / 'scores.json'
    run_tool(
        'test.py',
        CONFIGS / 'itc/clip_itc_cuhk.py',
        *('--weights', weights, '--data-root', roots['cuhk'], '--out', out),
        *('--work-dir', tmp_path, '--cfg-options', *options('clip_itc', 'cuhk')),
    )
    assert json.loads(out.read_text()).keys() >= SCORES


OPENAI_SETTINGS = {'input_resolution': 128, 'context_length': 77, 'vocab_size': 49408}


@pytest.mark.parametrize('naming', ['open_clip', 'openai'])
def test_weights_from_the_command_line_give_the_features_of_open_clip(naming, clip, tmp_path):
    """At the native size, where no position is interpolated."""
    state = dict(clip.state_dict())
    if naming == 'openai':
        # In half precision, as published, and with settings among the weights.
        state = {key: value.half() for key, value in state.items()}
        state |= {key: torch.tensor(value) for key, value in OPENAI_SETTINGS.items()}
    torch.save(state, tmp_path / 'clip.pt')
    size = 'model.image_backbone.image_size=[128,128]'
    args = run_parser(None, '').parse_args(['x', '--cfg-options', *OPTIONS, size])
    cfg = load_run_config(
        str(CONFIGS / 'cpcl_cuhk.py'),
        str(tmp_path),
        args.cfg_options,
        weights=str(tmp_path / 'clip.pt'),
    )
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build({**cfg.model, 'data_preprocessor': cfg.data_preprocessor})
    model.init_weights()
    images, texts = torch.rand(2, 3, 128, 128), torch.randint(1, 49405, (2, 77))
    features = model.eval()({'image': images, 'text': texts})
    tolerance = 1e-5 if naming == 'open_clip' else 1e-2
    expected = clip.encode_image(images, True), clip.encode_text(texts, True)
    assert torch.allclose(features['image'], expected[0], atol=tolerance)
    assert torch.allclose(features['text'], expected[1], atol=tolerance)
