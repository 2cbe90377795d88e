import pytest
import torch

from cpcl_mm.search.search_config import config_from_checkpoint, config_from_file

PIPELINE = "[dict(type='LoadImage'), dict(type='Resize', scale=(48, 96))]"
MODEL = """dict(
    type='TextToImageRetriever',
    image_backbone=dict(type='CLIPImageTower', architecture='cpcl-tiny', pretrained='/a/b.pt'),
    text_backbone=dict(type='CLIPTextTower', architecture='cpcl-tiny', init_cfg=dict(type='os.x')),
    head=dict(type='os.system', path='/etc'),
)"""
TEXT = f"""
data_preprocessor = dict(type='ImageTextPreprocessor', mean=[1.5, 2, 3], std=[1, 1, 1])
model = {MODEL}
test_dataloader = dict(dataset=dict(type='SyntheticPedes', pipeline={PIPELINE}))
"""


def checkpoint(text):
    return {'meta': {'cfg': text}}


def test_the_text_of_a_config_is_read_as_data_without_what_is_for_training():
    config = config_from_checkpoint(checkpoint(TEXT), 'epoch_1.pth')
    assert config.model == {
        'type': 'TextToImageRetriever',
        'image_backbone': {'type': 'CLIPImageTower', 'architecture': 'cpcl-tiny'},
        'text_backbone': {'type': 'CLIPTextTower', 'architecture': 'cpcl-tiny'},
        'data_preprocessor': {
            'type': 'ImageTextPreprocessor',
            'mean': [1.5, 2, 3],
            'std': [1, 1, 1],
        },
    }
    assert config.pipeline[1] == {'type': 'Resize', 'scale': (48, 96)}
    assert config.scope == 'cpcl_mm'


def test_what_a_checkpoint_holds_equals_what_the_file_says(small_config, small_checkpoint):
    from_file = config_from_file(small_config())
    # Pretrained weights, which those of the checkpoint replace.
    for tower in ('image_backbone', 'text_backbone'):
        assert from_file.model[tower].pop('pretrained').endswith('cpcl-tiny.safetensors')
    from_checkpoint = config_from_checkpoint(torch.load(small_checkpoint), 'epoch_1.pth')
    assert from_checkpoint == from_file


def test_a_config_that_is_more_than_plain_values_is_refused():
    with pytest.raises(ValueError, match=r"PersonSearcher\('epoch_1.pth', config\)"):
        config_from_checkpoint(checkpoint(f'{TEXT}\nmodel = (lambda: 1)()'), 'epoch_1.pth')


@pytest.mark.parametrize(
    ('old', 'new', 'named'),
    [
        ("'Resize'", "'os.system'", r"pipeline\[1\].type = 'os.system'"),
        ('dict(dataset=', "dict(dataset=dict(type='os.x')) or dict(", 'cannot be read'),
        ('model = ', "default_scope = 'this'\nmodel = ", "default_scope = 'this'"),
    ],
)
def test_what_is_not_on_the_list_is_named(old, new, named):
    with pytest.raises(ValueError, match=rf'in epoch_1.pth .*{named}.*give the config file as'):
        config_from_checkpoint(checkpoint(TEXT.replace(old, new)), 'epoch_1.pth')


@pytest.mark.parametrize('content', [{}, {'meta': {}}, {'meta': {'cfg': None}}, {'meta': None}])
def test_a_checkpoint_without_a_config_asks_for_one(content):
    with pytest.raises(ValueError, match='epoch_1.pth holds no config .*give the config file'):
        config_from_checkpoint(content, 'epoch_1.pth')


@pytest.mark.parametrize('text', ['model = (', '(' * 10_000, 'model = 1\0', 'model = {[]: 1}'])
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
    text = f'model = {MODEL}\n{key} = dict(dataset={dataset.format(PIPELINE)})'
    if key == 'val_dataloader':
        text += '\ntest_dataloader = None'
    assert len(config_from_checkpoint(checkpoint(text), 'epoch_1.pth').pipeline) == 2


@pytest.mark.parametrize(
    ('text', 'lacks'),
    [
        ('a = 1', 'no model'),
        ('model = dict(a=1)', 'no test transforms'),
        ('model = dict(a=1)\ntest_dataloader = 5\ntest_pipeline = 5', 'no test transforms'),
    ],
)
def test_what_a_config_lacks_is_named(text, lacks):
    with pytest.raises(ValueError, match=f'epoch_1.pth: its config has {lacks}'):
        config_from_checkpoint(checkpoint(text), 'epoch_1.pth')


def test_a_config_file_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="no config file 'nowhere.py'"):
        config_from_file('nowhere.py')
