from types import SimpleNamespace

import numpy as np
import pytest
from mmengine.config import Config
from torch.utils.data import DataLoader

from cpcl_mm.apis import model_check
from cpcl_mm.apis.model_check import check_epoch, check_model

ARCHITECTURE = dict(
    embed_dim=64,
    vision_cfg=dict(image_size=64, layers=2, width=64, head_width=32, patch_size=16),
    text_cfg=dict(context_length=40, vocab_size=6, width=64, heads=2, layers=2),
)
IMAGE = dict(
    type='OnImage', transforms=[dict(type='LoadImage'), dict(type='Resize', scale=(48, 96))]
)
WORDS = dict(type='WordTokenizer', words=['a', 'b'])
PIPELINE = [IMAGE, dict(type='Tokenize', tokenizer=WORDS), dict(type='PackImageCaption')]


def check(**changes):
    cfg = Config(
        dict(
            model=dict(
                type='TextToImageRetriever',
                image_backbone=dict(
                    type='CLIPImageTower', architecture=ARCHITECTURE, image_size=(96, 48)
                ),
                text_backbone=dict(type='CLIPTextTower', architecture=ARCHITECTURE),
            ),
            val_dataloader=dict(dataset=dict(pipeline=PIPELINE)),
        )
    )
    cfg.merge_from_dict(changes)
    check_model(cfg)


TOKENIZER = 'val_dataloader.dataset.pipeline.1.tokenizer'
TRANSFORMS = 'val_dataloader.dataset.pipeline.0.transforms'


def test_what_fits_passes_and_draws_no_random_numbers():
    crop = [dict(type='LoadImage'), dict(type='RandomResizedCrop', scale=(96, 48))]
    before = np.random.get_state()[2]
    check()
    check(**{TRANSFORMS: crop})
    assert np.random.get_state()[2] == before


@pytest.mark.parametrize(
    ('setting', 'value', 'message'),
    [
        ('context_length', 77, f'{TOKENIZER} .* gives 77 tokens .*text_backbone.* takes 40'),
        ('words', ['a', 'b', 'c'], f'{TOKENIZER} .* has 7 words.*text_backbone.* has 6'),
    ],
)
def test_a_tokenizer_of_another_tower(setting, value, message):
    with pytest.raises(ValueError, match=message):
        check(**{f'{TOKENIZER}.{setting}': value})


def test_fewer_words_do_for_a_tower_from_scratch_alone():
    fewer = {f'{TOKENIZER}.words': ['a']}
    check(**fewer)
    with pytest.raises(ValueError, match='has 5 words'):
        check(**fewer, **{'model.text_backbone.pretrained': 'weights.pt'})


@pytest.mark.parametrize(
    'change',
    [
        {'model.image_backbone.image_size': (64, 64)},
        {'model.image_backbone.image_size': None},
        {f'{TRANSFORMS}.1.scale': (96, 48)},
        {TRANSFORMS: [dict(type='LoadImage'), dict(type='CenterCrop', crop_size=20)]},
    ],
)
def test_images_of_another_size(change):
    with pytest.raises(ValueError, match=r'dataset.pipeline gives images .*model.image_backbone'):
        check(**change)


def test_images_smaller_than_a_patch():
    with pytest.raises(ValueError, match='image_backbone.image_size=8 is less than a patch of 16'):
        check(**{'model.image_backbone.image_size': 8})


def test_other_models_are_left_alone():
    check_model(Config(dict(model=dict(type='ImageClassifier', backbone=dict(type='ResNet')))))
    check_model(Config({}))
    check(**{'model.image_backbone': dict(type='ResNet', depth=50, _delete_=True)})


def runner(samples, **loader):
    return SimpleNamespace(train_dataloader=DataLoader([0] * samples, **loader))


def test_an_epoch_of_one_batch_passes():
    check_epoch(runner(4, batch_size=4, drop_last=True))
    check_epoch(runner(1, batch_size=4))


def test_no_full_batch_is_refused_with_what_would_do(monkeypatch):
    with pytest.raises(ValueError, match='has 3 samples, .*batch_size=4, .*batch_size=3 or less'):
        check_epoch(runner(3, batch_size=4, drop_last=True))
    monkeypatch.setattr(model_check, 'get_world_size', lambda: 2)
    with pytest.raises(ValueError, match='in each of 2 processes.*batch_size=1 or less'):
        check_epoch(runner(3, batch_size=4, drop_last=True))
