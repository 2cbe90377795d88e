from copy import deepcopy

import pytest
from mmengine.config import Config

from cpcl_mm.search.allowed_config import (
    RefusedError,
    allow_model,
    allow_pipeline,
    allow_scope,
)

MODEL = dict(
    type='TextToImageRetriever',
    image_backbone=dict(type='ResNet', depth=50, norm_cfg=dict(type='BN', requires_grad=True)),
    text_backbone=dict(
        type='cpcl_mm.CLIPTextTower',
        architecture='ViT-B/16',
        context_length=168,
        kept_positions=20,
        _scope_='cpcl_mm',
    ),
    encoders=dict(other_text='text'),
    image_neck=dict(type='LinearNeck', in_channels=2048, out_channels=512, norm_cfg=None),
    data_preprocessor=dict(type='ImageTextPreprocessor', architecture='RN50', pretrained='/a.pt'),
)
PIPELINE = [
    dict(type='OnImage', transforms=[dict(type='LoadImage'), dict(type='Resize', scale=(48, 96))]),
    dict(type='Tokenize', tokenizer=dict(type='WordTokenizer', words=['a', 'man'])),
    dict(type='PackImageCaption', keys=dict(labels='labels'), meta_keys=('identity',)),
]
# The sizes of an architecture in open_clip's form.
SIZES = dict(embed_dim=8, vision_cfg=dict(image_size=(96, 48)), text_cfg=dict(layers=2))


def change(config, path, value):
    """Set a value deep in a copy of a config."""
    copied = deepcopy(config)
    *parents, last = path
    node = copied
    for key in parents:
        node = node[key]
    node[last] = value
    return copied


def test_a_model_and_transforms_on_the_list_stay_what_they_are():
    assert allow_model(MODEL) == MODEL
    assert allow_pipeline(PIPELINE) == PIPELINE
    assert allow_scope('mmpretrain') == 'mmpretrain'


@pytest.mark.parametrize('name', ['head', 'init_cfg', 'pretrained'])
def test_what_is_for_training_alone_is_dropped_unread(name):
    evil = dict(type='os.system')
    assert allow_model({**MODEL, name: evil}) == MODEL
    assert allow_model(change(MODEL, ('image_backbone', name), evil)) == MODEL


@pytest.mark.parametrize(
    'config',
    ['cpcl_synthetic', 'cpcl_rstp']
    + [f'mix/cpcl_{name}_synthetic' for name in ('convnext', 'resnet50', 'swin', 'vit')]
    + [f'clip_families/cpcl_{name}_cuhk' for name in ('siglip_b16', 'eva02_b16', 'pe_core_b16')],
)
def test_models_of_the_configs_can_be_searched_with_from_their_checkpoints(config):
    cfg = Config.fromfile(f'configs/{config}.py').to_dict()
    allow_model({**cfg['model'], 'data_preprocessor': cfg['data_preprocessor']})
    allow_pipeline(cfg['test_pipeline'])


TOWER = ('text_backbone', 'architecture')


@pytest.mark.parametrize(
    ('path', 'value', 'named'),
    [
        # Classes that read and run what their arguments name.
        (('type',), 'HuggingFaceClassifier', "model.type = 'HuggingFaceClassifier'"),
        (('image_backbone', 'type'), 'os.system', "model.image_backbone.type = 'os.system'"),
        (('image_backbone', 'type'), 'evil.ResNet', "type = 'evil.ResNet'"),
        (('image_backbone', 'type'), ['ResNet'], 'type = '),
        (('image_backbone',), None, 'model.image_backbone = None'),
        (('image_backbone', '_scope_'), 'this', "model.image_backbone._scope_ = 'this'"),
        (('image_backbone', 'norm_cfg'), dict(type='X'), "norm_cfg.type = 'X'"),
        (('image_backbone', 'plugins'), [], r'image_backbone.plugins = \[\]'),
        (('image_backbone', 'style'), 'http://host', "style = 'http://host'"),
        (('image_backbone', 'depth'), '50', "depth = '50'"),
        (('image_backbone', 'out_indices'), (1, '/etc'), r"out_indices\[1\] = '/etc'"),
        # Names that open_clip or timm would look up in a hub or a folder.
        (TOWER, 'hf-hub:someone/model', "architecture = 'hf-hub:someone/model'"),
        (TOWER, 'local-dir:/tmp', "architecture = 'local-dir:/tmp'"),
        (TOWER, {**SIZES, 'custom_text': '/a'}, "custom_text = '/a'"),
        (TOWER, {**SIZES, 'vision_cfg': 'a'}, "vision_cfg = 'a'"),
        (TOWER, {**SIZES, 'vision_cfg': dict(timm_model_name='hf-hub:a/b')}, 'timm_model_name'),
        (TOWER, {**SIZES, 'text_cfg': dict(hf_model_name='a/b')}, 'text_cfg.hf_model_name'),
        (TOWER, {**SIZES, 'text_cfg': dict(tokenizer_kwargs={})}, 'text_cfg.tokenizer_kwargs'),
    ],
)
def test_what_is_not_on_the_list_of_models_is_named(path, value, named):
    with pytest.raises(RefusedError, match=f'{named}.*not on the list'):
        allow_model(change(MODEL, path, value))


WORDS = (1, 'tokenizer', 'words')


@pytest.mark.parametrize(
    ('path', 'value', 'named'),
    [
        ((0,), None, r'pipeline\[0\] = None'),
        ((2, 'type'), 'torchvision/Lambda', r"pipeline\[2\].type = 'torchvision/Lambda'"),
        ((0, 'transforms', 0, 'backend_args'), {}, 'backend_args'),
        ((0, 'transforms', 0, 'imdecode_backend'), 'tifffile', "= 'tifffile'"),
        (WORDS, '/etc/passwd', "words = '/etc/passwd'"),
        ((2, 'keys'), 'image', "keys = 'image'"),
        ((2, 'keys', 'labels'), [], r'keys.labels = \[\]'),
        ((1, 'tokenizer'), dict(type='HuggingFaceTokenizer'), 'HuggingFaceTokenizer'),
        ((1, 'tokenizer', 'trust_remote_code'), True, 'trust_remote_code = True'),
    ],
)
def test_what_is_not_on_the_list_of_transforms_is_named(path, value, named):
    with pytest.raises(RefusedError, match=f'{named}.*not on the list'):
        allow_pipeline(change(PIPELINE, path, value))


def test_files_of_a_tokenizer_are_looked_at(hub_files, tmp_path):
    tokenizer = dict(type='OpenCLIPTokenizer', architecture='ViT-B-16-SigLIP')
    step = [dict(type='Tokenize', tokenizer={**tokenizer, 'local_files': hub_files})]
    assert allow_pipeline(step) == step
    evil = change(step, (0, 'tokenizer', 'local_files'), 'someone/repository')
    with pytest.raises(RefusedError, match='local_files = .*there is no folder someone/repo'):
        allow_pipeline(evil)


@pytest.mark.parametrize('scope', ['this', 'os', '', None, ['cpcl_mm']])
def test_another_scope_would_be_imported(scope):
    with pytest.raises(RefusedError, match='default_scope = '):
        allow_scope(scope)
