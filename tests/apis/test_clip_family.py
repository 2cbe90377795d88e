"""One line gives a config another CLIP model, wherever its settings stand."""

from pathlib import Path

import pytest
from mmengine.config import Config

from cpcl_mm.apis import load_run_config, use_clip, use_context_length

ROOT = Path(__file__).parents[2] / 'configs'
BASE = dict(
    image_size=(384, 128),
    model=dict(
        image_backbone=dict(type='CLIPImageTower', architecture='RN50', frozen_stages=2),
        text_backbone=dict(type='CLIPTextTower', architecture='RN50', with_cp=True),
    ),
    data_preprocessor=dict(type='ImageTextPreprocessor', mean=[0.0] * 3, std=[1.0] * 3),
    tokenizer=dict(type='WordTokenizer', words=['red'], context_length=10),
    train_dataloader=dict(
        dataset=dict(
            pipeline=[
                dict(
                    type='OnImage',
                    transforms=[
                        dict(type='Resize', scale=(128, 384)),
                        dict(type='RandomCrop', crop_size=(384, 128), padding=10),
                        dict(type='RandomErasing', erase_prob=0.5, fill_color=(104, 117, 123)),
                    ],
                ),
                dict(type='Tokenize', tokenizer=dict(type='OpenCLIPTokenizer')),
            ]
        )
    ),
    optim_wrapper=dict(optimizer=dict(type='Adam')),
)


def change(**settings):
    return use_clip(BASE, **{'architecture': 'PE-Core-B-16', 'pretrained': 'meta', **settings})


def test_towers_change_and_keep_their_other_settings():
    model = change()['model']
    assert model['image_backbone'] == dict(
        type='CLIPImageTower',
        architecture='PE-Core-B-16',
        pretrained='meta',
        image_size=(224, 224),
        frozen_stages=2,
    )
    assert model['text_backbone'] == dict(
        type='CLIPTextTower', architecture='PE-Core-B-16', pretrained='meta', with_cp=True
    )


def test_pipelines_take_size_interpolation_color_and_tokenizer():
    on_image, tokenize = change()['train_dataloader']['dataset']['pipeline']
    resize, crop, erase = on_image['transforms']
    assert resize == dict(
        type='Resize', scale=(224, 224), interpolation='bilinear', backend='pillow'
    )
    assert crop == dict(type='RandomCrop', crop_size=(224, 224), padding=10)
    assert erase == dict(type='RandomErasing', erase_prob=0.5, fill_color=(128, 128, 128))
    assert tokenize['tokenizer'] == dict(type='OpenCLIPTokenizer', architecture='PE-Core-B-16')


def test_the_color_of_erased_rectangles_is_the_mean_in_the_order_of_the_image():
    pipeline = change(architecture='RN50', pretrained=None)['train_dataloader']['dataset']
    assert pipeline['pipeline'][0]['transforms'][2]['fill_color'] == (104, 117, 123)


def test_an_image_size_may_be_a_rectangle():
    changed = change(image_size=(256, 128))
    resize, crop, _ = changed['train_dataloader']['dataset']['pipeline'][0]['transforms']
    assert resize['scale'] == (128, 256)
    assert crop['crop_size'] == changed['image_size'] == (256, 128)
    assert changed['model']['image_backbone']['image_size'] == (256, 128)


def test_a_tokenizer_of_the_hub_may_be_downloaded_where_the_weights_are():
    def siglip(pretrained, files=None):
        return use_clip(BASE, 'ViT-B-16-SigLIP', pretrained, tokenizer_files=files)['tokenizer']

    assert siglip('webli')['download']
    from_files = siglip('siglip.pt', '/tokenizer')
    assert not from_files['download']
    assert from_files['local_files'] == '/tokenizer'


def test_the_rest_of_the_base_is_left_alone():
    before = repr(BASE)
    assert 'optim_wrapper' not in change()
    assert repr(BASE) == before


def test_in_a_config_file_nothing_of_the_old_model_remains(tmp_path):
    (tmp_path / 'base.py').write_text('\n'.join(f'{key} = {BASE[key]!r}' for key in BASE))
    (tmp_path / 'mine.py').write_text(
        "_base_ = ['base.py']\n"
        'from cpcl_mm.apis import use_clip\n'
        "globals().update(use_clip(_base_, 'RN50', 'openai'))\n"
    )
    cfg = Config.fromfile(tmp_path / 'mine.py')
    assert cfg.tokenizer == dict(type='OpenCLIPTokenizer', architecture='RN50')
    assert (cfg.architecture, cfg.pretrained) == ('RN50', 'openai')
    assert cfg.optim_wrapper == BASE['optim_wrapper']
    assert Config.fromstring(cfg.pretty_text, '.py').to_dict() == cfg.to_dict()


def test_captions_of_another_length_are_one_line_as_well():
    changed = use_context_length(BASE, 168, kept_positions=20)
    tower = changed['model']['text_backbone']
    assert (tower['context_length'], tower['kept_positions'], tower['with_cp']) == (168, 20, True)
    _, tokenize = changed['train_dataloader']['dataset']['pipeline']
    assert tokenize['tokenizer'] == dict(type='OpenCLIPTokenizer', context_length=168)
    assert changed['tokenizer']['context_length'] == 168
    assert changed['tokenizer']['words'] == ['red']
    assert changed.keys() == {'model', 'tokenizer', 'train_dataloader'}


def test_a_base_without_a_clip_tower_is_refused():
    with pytest.raises(ValueError, match=r'use_context_length\(9\) changes CLIPTextTower, and'):
        use_context_length(dict(model=dict(type='ResNet')), 9)
    with pytest.raises(
        ValueError, match=r"use_clip\('RN50'\).*there is none in the base.*entries.*'model'"
    ):
        use_clip(dict(model=dict(type='ResNet')), 'RN50')


def test_weights_on_the_command_line_decide_about_the_normalization_as_well():
    config = str(ROOT / 'clip_families' / 'cpcl_vit_l14_cuhk.py')
    assert load_run_config(config, weights='dfn2b').data_preprocessor.pretrained == 'dfn2b'
