"""What docs/own_data.md promises: its files are read, and a short config trains on each format."""

import json
import re
import runpy
from pathlib import Path

import pytest
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config
from cpcl_mm.apis.model_check import check_model
from cpcl_mm.datasets import ImageCaptionDataset

ROOT = Path(__file__).parents[1]
CONFIGS = ROOT / 'configs'
TOOL = runpy.run_path(str(ROOT / 'tools' / 'convert_annotations.py'))
read_source, write_target, make_splits = (
    TOOL[name] for name in ('read_source', 'write_target', 'make_splits')
)
identities_from_paths, number_images = TOOL['identities_from_paths'], TOOL['number_images']
PAGE = (ROOT / 'docs' / 'own_data.md').read_text(encoding='utf-8')
CONFIG = """
_base_ = [{base!r}]
data = dict(type='ImageCaptionDataset', data_root={root!r}, ann_file={name!r})
train_dataloader = dict(batch_size=4, num_workers=0, dataset=data)
val_dataloader = dict(num_workers=0, dataset=data)
test_dataloader = dict(num_workers=0, dataset=data)
train_cfg = dict(max_epochs=2, val_interval=2)
default_hooks = dict(pseudo_labels=dict(start=1))
"""


def block(containing):
    """The code block of the page that holds a text."""
    blocks = re.findall(r'```\w*\n(.*?)```', PAGE, flags=re.DOTALL)
    return next(text for text in blocks if containing in text)


@pytest.fixture
def mine(tmp_path, pedes_root):
    """A folder with images of 12 people, captions beside them, and the same in ``captions.*``."""
    root = tmp_path / 'mine'
    annotations = read_source(pedes_root / 'data_captions.json', pedes_root / 'imgs')
    write_target(annotations, root / 'imgs', pedes_root / 'imgs')
    for name in ('captions.jsonl', 'captions.csv'):
        write_target(annotations, root / name, root / 'imgs')
    return root


@pytest.fixture
def converted(mine):
    """The same, with ``converted.jsonl``, made from the folder alone."""
    annotations = identities_from_paths(read_source(mine / 'imgs', mine / 'imgs'), r'^(\d+)_')
    split = make_splits(annotations, val=0.25, test=0.25)
    write_target(split, mine / 'converted.jsonl', mine / 'imgs')
    return mine


def train(config, work_dir, **options):
    """Train from a config file and return the final scores."""
    Runner.from_cfg(load_run_config(str(config), str(work_dir), options)).train()
    return json.loads((work_dir / 'test_scores.json').read_text())


@pytest.mark.parametrize('name', ['captions.jsonl', 'captions.csv', 'converted.jsonl'])
def test_a_short_config_trains_on_every_format(tmp_path, converted, name):
    base = str(CONFIGS / 'cpcl_synthetic.py')
    text = CONFIG.format(base=base, root=str(converted), name=name)
    assert len(text.splitlines()) < 15
    (tmp_path / 'config.py').write_text(text)
    scores = train(tmp_path / 'config.py', tmp_path / 'run')
    assert 0 < scores['t2i/mAP'] <= 100
    assert list((tmp_path / 'run' / 'pseudo_labels').glob('*.npz'))


def test_the_config_for_own_data_trains(tmp_path, mine, shrink):
    hook = 'default_hooks.pseudo_labels'
    options = {f'{hook}.num_workers': 0, 'train_cfg.max_epochs': 2}
    options |= {f'{part}_dataloader.num_workers': 0 for part in ('train', 'val', 'test')}
    for modality in ('image', 'text'):
        options |= {f'{hook}.labeller.{modality}.{key}': 3 for key in ('k1', 'k2')}
    options |= {'train_dataloader.batch_size': 4, 'data_root': str(mine), 'pretrained': None}
    for tower in ('image', 'text'):
        small = dict(shrink('ViT-B-16-quickgelu'), _delete_=True)
        options[f'model.{tower}_backbone.architecture'] = small
    scores = train(CONFIGS / 'cpcl_own_data.py', tmp_path / 'run', **options)
    assert 0 < scores['t2i/mAP'] <= 100


def test_a_small_model_learns_words_of_its_own_without_a_network(tmp_path, mine, pedes_words):
    (mine / 'words.txt').write_text('\n'.join(pedes_words))
    text = block("type='WordTokenizer'").replace('data/mine', str(mine))
    text = text.replace('cpcl_synthetic.py', str(CONFIGS / 'cpcl_synthetic.py'))
    (tmp_path / 'config.py').write_text(text)
    hook = 'default_hooks.pseudo_labels'
    options = {'train_dataloader.batch_size': 4, 'train_cfg.max_epochs': 2, f'{hook}.start': 1}
    options |= {f'{part}_dataloader.num_workers': 0 for part in ('train', 'val', 'test')}
    cfg = load_run_config(str(tmp_path / 'config.py'), cfg_options=options)
    check_model(cfg)
    assert 0 < train(tmp_path / 'config.py', tmp_path / 'run', **options)['t2i/mAP'] <= 100


def test_the_page_shows_the_config_as_it_is():
    config = (CONFIGS / 'cpcl_own_data.py').read_text(encoding='utf-8')
    assert block("_base_ = ['cpcl_rstp.py']") == config
    assert len(config.splitlines()) < 15


def test_the_page_shows_the_same_records_as_lines_and_as_a_table(tmp_path):
    (tmp_path / 'a.jsonl').write_text(block('{"img_path"'))
    (tmp_path / 'a.csv').write_text(block('img_path,split,id,caption'))
    lines, table = (read_source(tmp_path / name, tmp_path) for name in ('a.jsonl', 'a.csv'))
    assert lines == table
    assert {annotation.split for annotation in lines} == {'train', 'val', 'test'}


def test_images_that_are_their_own_identity_can_be_evaluated(mine):
    split = make_splits(read_source(mine / 'imgs', mine / 'imgs'), val=0.25, test=0.25)
    write_target(number_images(split), mine / 'a.csv', mine / 'imgs')
    for name in ('val', 'test'):
        dataset = ImageCaptionDataset('a.csv', str(mine), split=name, view='retrieval')
        assert len(set(dataset.identities.tolist())) == len(dataset.images) == 6
    with pytest.raises(ValueError, match='--image-is-identity'):
        ImageCaptionDataset('a.csv', str(mine), split='train', view='retrieval')
