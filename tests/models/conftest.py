"""Small CLIP architectures of every family, with open_clip's own models to compare with; pairs."""

import runpy
from copy import deepcopy
from pathlib import Path

import open_clip
import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import PairBatch

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
WEIGHT_FORMS = runpy.run_path(str(Path(__file__).parents[1] / 'weight_forms.py'))
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


@pytest.fixture(params=WEIGHT_FORMS['FORMS'])
def form(request):
    """The name of each form of weights in turn; ``write_weights`` writes it."""
    return request.param


@pytest.fixture(scope='session')
def as_kept():
    """``as_kept(form, state)`` rounds weights to the precision that a form keeps."""
    halved, rounded = WEIGHT_FORMS['HALVED'], WEIGHT_FORMS['mixed_precision']
    return lambda form, state: rounded(state) if form in halved else state


@pytest.fixture(scope='session')
def unit():
    """``unit(seed, num=4, dim=8)`` is a tensor of random rows of unit length."""

    def make(seed: int, num: int = 4, dim: int = 8) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return F.normalize(torch.randn(num, dim, generator=generator), dim=1)

    return make


@pytest.fixture(scope='session')
def make_batch(unit):
    """``make_batch(image, text, **kinds)``: pairs with these labels, of images 0, 1, 2, ..."""

    def make(
        image: list[int], text: list[int], index: list[int] | None = None, **kinds: object
    ) -> PairBatch:
        number = len(image)
        features = {'image': unit(0, number), 'text': unit(1, number), **kinds.pop('features', {})}
        numbers = torch.tensor(list(range(number)) if index is None else index)
        labels = {'image': torch.tensor(image), 'text': torch.tensor(text)}
        return PairBatch(
            features, {'image': numbers, 'text': torch.arange(number)}, labels, **kinds
        )

    return make
