import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import CLIPImageTower
from cpcl_mm.models.backbones.tokens import patch_scores


def random_unit(rows, columns):
    generator = torch.Generator().manual_seed(1)
    return F.normalize(torch.randn(rows, columns, generator=generator), dim=-1)


def image_of(height, width):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def tiny():
    torch.manual_seed(0)
    return CLIPImageTower('cpcl-tiny').eval()


def test_contributions_of_the_patches_sum_to_the_score(tiny):
    image, texts = image_of(96, 48), random_unit(3, 128)
    scores = patch_scores(tiny, image, texts)
    assert scores.shape == (3, 6, 3)
    with torch.no_grad():
        expected = texts @ F.normalize(tiny(image)[0], dim=-1)[0]
    torch.testing.assert_close(scores.sum(dim=(1, 2)), expected)


def test_a_contribution_is_that_of_its_own_row_and_column(tiny):
    # A projection that reads one token only: all of the score comes from there.
    weight = tiny.tower.head.proj.weight
    row, column = 4, 1
    with torch.no_grad():
        kept = weight.view(128, 18, 96)[:, row * 3 + column].clone()
        weight.zero_()
        weight.view(128, 18, 96)[:, row * 3 + column] = kept
    (scores,) = patch_scores(tiny, image_of(96, 48), random_unit(1, 128))
    assert scores.nonzero().tolist() == [[row, column]]


def test_a_class_token_has_patches_that_share_its_projection(shrink):
    torch.manual_seed(0)
    tower = CLIPImageTower(shrink('ViT-B-16'), image_size=(64, 32)).eval()
    image, texts = image_of(64, 32), random_unit(2, 64)
    scores = patch_scores(tower, image, texts)
    assert scores.shape == (2, 4, 2)
    # open_clip's own: with output_tokens it returns the normed patch tokens.
    tower.tower.output_tokens = True
    with torch.no_grad():
        tokens = tower.tower(image)[1][0] @ tower.tower.proj
    expected = texts @ F.normalize(tokens, dim=-1).T
    torch.testing.assert_close(scores.flatten(1), expected)


def test_the_class_token_of_timm_likewise(shrink):
    tower = CLIPImageTower(shrink('EVA02-B-16'), image_size=(64, 32)).eval()
    image, texts = image_of(64, 32), random_unit(2, 64)
    scores = patch_scores(tower, image, texts)
    assert scores.shape == (2, 4, 2)
    # Where the pooling takes a patch for the class token, the feature is that patch's token.
    features = tower.tower.trunk.forward_features
    tower.tower.trunk.forward_features = lambda x, **masks: features(x)[:, 1 + 5 :]
    with torch.no_grad():
        of_patch_5 = F.normalize(tower(image)[0], dim=-1)[0]
    torch.testing.assert_close(scores.flatten(1)[:, 5], texts @ of_patch_5)


RESNET = dict(
    embed_dim=64,
    vision_cfg=dict(image_size=64, layers=[1, 1, 1, 1], width=8, head_width=32),
    text_cfg=dict(),
)


@pytest.mark.parametrize('name', ['ViT-B-16-SigLIP', 'PE-Core-B-16', 'a ResNet'])
def test_towers_without_patches_in_the_space_of_sentences_are_named(shrink, name):
    architecture = RESNET if name == 'a ResNet' else shrink(name)
    tower = CLIPImageTower(architecture, image_size=(64, 32)).eval()
    with pytest.raises(ValueError, match='has no tokens in the space of its features'):
        patch_scores(tower, image_of(64, 32), random_unit(1, 64))
