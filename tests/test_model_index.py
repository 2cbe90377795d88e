"""The index of configs in OpenMMLab's form agrees with the configs."""

import re
from pathlib import Path

import pytest
import yaml
from mmpretrain.apis.model import ModelHub, get_model
from modelindex.load_model_index import load

from cpcl_mm.models import TextToImageRetriever
from cpcl_mm.registry import DATASETS

ROOT = Path(__file__).parents[1]


def read(path):
    return yaml.safe_load((ROOT / path).read_text(encoding='utf-8'))


ENTRIES = [entry for path in read('model-index.yml')['Import'] for entry in read(path)['Models']]
MODELS = {model['Name']: model for model in ENTRIES}
DATA_SETS = {'ImageCaptionDataset': 'Your own'}


def test_every_config_of_a_method_or_a_clip_family_is_listed_once():
    assert len(MODELS) == len(ENTRIES)
    configs = ROOT / 'configs'
    paths = {path.relative_to(ROOT).as_posix() for path in configs.rglob('*.py')}
    elsewhere = tuple(f'configs/{name}/' for name in ('_base_', 'mix', 'ablation'))
    listed = {model['Config'] for model in MODELS.values()}
    assert listed == {path for path in paths if not path.startswith(elsewhere)}


def test_every_folder_says_what_its_configs_are():
    folders = {path.parent for path in (ROOT / 'configs').glob('*/*.py')}
    folders -= {ROOT / 'configs' / name for name in ('_base_', 'ablation')}
    assert [folder.name for folder in folders if not (folder / 'README.md').is_file()] == []


@pytest.fixture(params=MODELS)
def model(request):
    """Each entry in turn."""
    return MODELS[request.param]


def test_what_is_said_of_a_config_is_in_it(model, load_config):
    assert Path(model['Config']).stem == model['Name']
    cfg = load_config(Path(model['Config']).relative_to('configs').with_suffix('').as_posix())
    loader, metadata = cfg.train_dataloader, model['Metadata']
    assert metadata['Epochs'] == cfg.train_cfg.max_epochs
    assert metadata['Batch Size'] == loader.batch_size
    kind = loader.dataset.type
    name = getattr(DATASETS.get(kind), 'public_name', DATA_SETS.get(kind, kind))
    assert metadata['Training Data'] == name
    # A checkpoint of CPCL has prototypes, whatever labels them.
    has_prototypes = cfg.model.head.type == 'PrototypicalMemoryHead'
    assert (model['In Collection'] == 'CPCL') == has_prototypes


def test_published_scores_name_their_source_and_are_no_results_of_ours(model):
    assert 'Results' not in model
    published = model['Metadata'].get('Published')
    if published is None:
        return
    assert re.search(r'arXiv \d{4}\.\d{5}|PRCV 2024|ACM MM 2025', published['Source'])
    metrics = published['Metrics']
    ranks = [metrics[key] for key in ('R@1', 'R@5', 'R@10') if key in metrics]
    assert ranks == sorted(ranks)
    assert 0 < ranks[-1] < 100


def test_openmmlabs_own_reader_finds_the_models(monkeypatch):
    index = load(str(ROOT / 'model-index.yml'))
    index.build_models_with_collections()
    assert {found.name for found in index.models} == set(MODELS)
    assert all(found.full_model.paper['URL'].startswith('https://') for found in index.models)
    monkeypatch.setattr(ModelHub, '_models_dict', {})
    ModelHub.register_model_index(ROOT / 'model-index.yml', config_prefix=ROOT)
    assert type(get_model('cpcl_synthetic')) is TextToImageRetriever
