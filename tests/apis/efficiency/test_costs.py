import pytest
import torch

from cpcl_mm.apis.efficiency.costs import count_flops, count_parameters
from cpcl_mm.models import TextToImageRetriever

WIDTH, LAYERS, TOKENS, EMBED = 32, 2, 9, 24
ARCHITECTURE = dict(
    embed_dim=EMBED,
    vision_cfg=dict(image_size=64, patch_size=16, width=WIDTH, layers=LAYERS, head_width=16),
    text_cfg=dict(context_length=TOKENS, vocab_size=64, width=WIDTH, heads=2, layers=LAYERS),
)


@pytest.fixture
def retriever():
    return TextToImageRetriever(
        image_backbone=dict(type='CLIPImageTower', architecture=ARCHITECTURE, image_size=(32, 64)),
        text_backbone=dict(type='CLIPTextTower', architecture=ARCHITECTURE),
    )


def transformer_flops(tokens):
    """Projections of attention (4) and of the feed-forward layer (8), products with T tokens."""
    return LAYERS * 2 * (12 * tokens * WIDTH**2 + 2 * tokens**2 * WIDTH)


def test_operations_of_an_image_are_those_of_the_formula(retriever):
    patches = 2 * 4
    expected = 2 * patches * 3 * 16 * 16 * WIDTH + transformer_flops(patches + 1)
    expected += 2 * WIDTH * EMBED
    assert count_flops(retriever, {'image': torch.rand(1, 3, 32, 64)}) == expected


def test_operations_of_captions_are_those_of_the_formula(retriever):
    expected = 2 * (transformer_flops(TOKENS) + 2 * WIDTH * EMBED)
    assert count_flops(retriever, {'text': torch.ones(2, TOKENS, dtype=torch.long)}) == expected


def test_the_mode_of_the_model_is_restored(retriever):
    for mode in (True, False):
        retriever.train(mode)
        count_flops(retriever, {'text': torch.ones(1, TOKENS, dtype=torch.long)})
        assert retriever.training == mode


def test_parameters_are_counted_by_part(retriever):
    for parameter in retriever.text_backbone.parameters():
        parameter.requires_grad_(False)
    counts = count_parameters(retriever)
    assert set(counts) == {'image_backbone', 'text_backbone', 'all', 'trainable'}
    assert counts['all'] == counts['image_backbone'] + counts['text_backbone']
    assert counts['trainable'] == counts['image_backbone'] > 3 * 16 * 16 * WIDTH
