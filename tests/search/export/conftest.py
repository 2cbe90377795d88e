"""A small model of open_clip with random weights, and its test transforms."""

import pytest
import torch
from mmengine.registry import DefaultScope

from cpcl_mm.registry import MODELS
from cpcl_mm.search import ModelEncoder

SIZE = (64, 32)


@pytest.fixture(scope='session')
def steps():
    return [
        dict(
            type='OnImage',
            transforms=[dict(type='LoadImage'), dict(type='Resize', scale=SIZE[::-1])],
        ),
        dict(type='Tokenize', tokenizer=dict(type='OpenCLIPTokenizer', architecture='ViT-B-32')),
        dict(type='PackImageCaption'),
    ]


@pytest.fixture(scope='session')
def encoder(shrink, steps):
    """A vision transformer of open_clip with random weights, on rectangles."""
    torch.manual_seed(0)
    architecture = shrink('ViT-B-32')
    with DefaultScope.overwrite_default_scope('cpcl_mm'):
        model = MODELS.build(
            dict(
                type='TextToImageRetriever',
                image_backbone=dict(
                    type='CLIPImageTower', architecture=architecture, image_size=SIZE
                ),
                text_backbone=dict(type='CLIPTextTower', architecture=architecture),
                data_preprocessor=dict(type='ImageTextPreprocessor', architecture='ViT-B-32'),
            )
        )
    return ModelEncoder(model.eval(), steps, 'c0105', '/somewhere/epoch_20.pth')
