"""Small CLIP architectures of every family, with open_clip's own models to compare with."""

from copy import deepcopy

import open_clip
import pytest
import torch

SMALL_TEXT = dict(context_length=16, vocab_size=64, width=32, heads=2, layers=2)
# One architecture a family, small where open_clip's config allows it.
ARCHITECTURES = {
    'vit': dict(
        embed_dim=24,
        quick_gelu=True,
        vision_cfg=dict(image_size=64, patch_size=16, width=32, layers=3, head_width=16),
        text_cfg=SMALL_TEXT,
    ),
    'resnet': dict(
        embed_dim=24,
        vision_cfg=dict(image_size=64, layers=[1, 1, 1, 1], width=8, head_width=32),
        text_cfg=SMALL_TEXT,
    ),
    'siglip': dict(
        embed_dim=768,
        custom_text=True,
        vision_cfg=dict(
            image_size=224,
            timm_model_name='vit_base_patch16_siglip_224',
            timm_pool='map',
            timm_proj='none',
        ),
        text_cfg=dict(
            **SMALL_TEXT, no_causal_mask=True, proj_bias=True, pool_type='last', norm_kwargs={}
        ),
    ),
    'eva': dict(
        embed_dim=24,
        custom_text=True,
        vision_cfg=dict(
            image_size=224,
            timm_model_name='eva02_tiny_patch14_224',
            timm_pool='token',
            timm_proj='linear',
        ),
        text_cfg=SMALL_TEXT,
    ),
}


@pytest.fixture(params=sorted(ARCHITECTURES))
def family(request):
    """The name of each architecture family in turn."""
    return request.param


@pytest.fixture
def architecture():
    """A function from a family's name to its small model config."""
    return lambda family: deepcopy(ARCHITECTURES[family])


@pytest.fixture
def open_clip_model():
    """A function that builds open_clip's own model of a config, seeded."""

    def build(config: dict, **vision: object):
        config = deepcopy(config)
        model = open_clip.CustomTextCLIP if config.pop('custom_text', False) else open_clip.CLIP
        config['vision_cfg'].update(vision)
        torch.manual_seed(0)
        return model(**config).eval()

    return build
