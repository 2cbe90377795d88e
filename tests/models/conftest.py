"""Small CLIP architectures of every family, with open_clip's own models to compare with."""

from copy import deepcopy

import open_clip
import pytest
import torch

SMALL_TEXT = dict(context_length=16, vocab_size=64, width=32, heads=2, layers=2)
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
}
# Families whose image tower is timm's.
TIMM = {'siglip': 'ViT-B-16-SigLIP', 'eva': 'EVA02-B-16', 'pe': 'PE-Core-B-16'}


@pytest.fixture(params=sorted([*ARCHITECTURES, *TIMM]))
def family(request):
    """The name of each architecture family in turn."""
    return request.param


@pytest.fixture
def architecture(shrink):
    """A function from a family's name to its small model config."""
    return lambda family: (
        shrink(TIMM[family]) if family in TIMM else deepcopy(ARCHITECTURES[family])
    )


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
