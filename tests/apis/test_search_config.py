import pytest
import torch

from cpcl_mm.apis.search_config import (
    config_from_checkpoint,
    config_from_file,
    parse_config_text,
)

PIPELINE = "[dict(type='LoadImage'), dict(type='Resize', scale=(48, 96))]"
TEXT = f"""
data_preprocessor = dict(type='ImageTextPreprocessor', mean=[1.5, 2, 3], std=[1, 1, 1])
model = dict(type='TextToImageRetriever', head=dict(type='MatchingHead'))
test_dataloader = dict(dataset=dict(type='SyntheticPedes', pipeline={PIPELINE}))
"""


def checkpoint(text):
    return {'meta': {'cfg': text}}


def test_the_text_of_a_config_is_read_as_data():
    config = config_from_checkpoint(checkpoint(TEXT), 'epoch_1.pth')
    assert config.model['head'] == {'type': 'MatchingHead'}
    assert config.model['data_preprocessor']['mean'] == [1.5, 2, 3]
    assert config.pipeline[1] == {'type': 'Resize', 'scale': (48, 96)}
    assert config.scope == 'cpcl_mm'


def test_what_a_checkpoint_holds_equals_what_the_file_says(small_config, small_checkpoint):
    from_file = config_from_file(small_config())
    from_checkpoint = config_from_checkpoint(torch.load(small_checkpoint), 'epoch_1.pth')
    assert from_checkpoint == from_file


@pytest.mark.parametrize(
    'code',
    [
        "model = __import__('os').system('false')",
        "model = dict(type=exec('raise SystemExit'))",
        'model = (lambda: 1)()',
        "model = [dict(a=1) for _ in '1']",
        "model = dict(**{'a': 1})",
        'model = torch.float32',
    ],
)
def test_anything_but_plain_values_is_refused_and_nothing_is_executed(code):
    with pytest.raises(SyntaxError, match='model is no plain value'):
        parse_config_text(code)
    with pytest.raises(ValueError, match=r"PersonSearcher\(config, 'epoch_1.pth'\)"):
        config_from_checkpoint(checkpoint(f'{TEXT}\n{code}'), 'epoch_1.pth')


def test_statements_and_settings_that_do_not_matter_are_passed_over():
    text = 'raise SystemExit\nimport os\nlr = os.getpid()\nmodel = dict(a=-1)\n'
    assert parse_config_text(text) == {'model': {'a': -1}}


@pytest.mark.parametrize(
    'name',
    [
        # mmengine's registries import what has a dot in its name.
        'os.system',
        'builtins.exec',
        'some_package.Resize',
        # Registered by a known package, but functions; some of those load code from a hub.
        'pseudo_collate',
        'seed_worker',
        'torchvision/Lambda',
        'NoSuchTransform',
    ],
)
def test_types_that_could_run_code_are_refused_by_name(name):
    for text in (
        TEXT.replace("'Resize'", repr(name)),
        TEXT.replace("'MatchingHead'", repr(name)),
    ):
        with pytest.raises(ValueError, match=f'type = {name!r}, which is no class of cpcl_mm'):
            config_from_checkpoint(checkpoint(text), 'epoch_1.pth')


@pytest.mark.parametrize('name', ['cpcl_mm.LoadImage', 'mmpretrain.RandomErasing', 'ResizeEdge'])
def test_classes_of_the_packages_may_be_named(name):
    text = TEXT.replace("'Resize'", repr(name))
    assert config_from_checkpoint(checkpoint(text), 'epoch_1.pth').pipeline[1]['type'] == name


@pytest.mark.parametrize('content', [{}, {'meta': {}}, {'meta': {'cfg': None}}, {'meta': None}])
def test_a_checkpoint_without_a_config_asks_for_one(content):
    with pytest.raises(ValueError, match='epoch_1.pth holds no config .*give the config file'):
        config_from_checkpoint(content, 'epoch_1.pth')


@pytest.mark.parametrize('text', ['model = (', '(' * 10_000])
def test_a_text_that_is_no_python_is_refused(text):
    with pytest.raises(ValueError, match='cannot be read'):
        config_from_checkpoint(checkpoint(text), 'epoch_1.pth')


@pytest.mark.parametrize(
    ('key', 'dataset'),
    [
        ('test_dataloader', "dict(type='ConcatDataset', datasets=[dict(pipeline={})])"),
        ('test_dataloader', "dict(type='RepeatDataset', dataset=dict(pipeline={}))"),
        ('val_dataloader', 'dict(pipeline={})'),
    ],
)
def test_test_transforms_are_found_behind_wrappers_and_on_validation(key, dataset):
    text = f'model = dict(a=1)\n{key} = dict(dataset={dataset.format(PIPELINE)})'
    if key == 'val_dataloader':
        text += '\ntest_dataloader = None'
    assert len(config_from_checkpoint(checkpoint(text), 'epoch_1.pth').pipeline) == 2


@pytest.mark.parametrize(
    ('text', 'lacks'), [('a = 1', 'no model'), ('model = dict(a=1)', 'no test transforms')]
)
def test_what_a_config_lacks_is_named(text, lacks):
    with pytest.raises(ValueError, match=f'epoch_1.pth: its config has {lacks}'):
        config_from_checkpoint(checkpoint(text), 'epoch_1.pth')


def test_a_config_file_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="no config file 'nowhere.py'"):
        config_from_file('nowhere.py')
