import pytest
import timm
import torch

from cpcl_mm.models import CLIPImageTower
from cpcl_mm.models.backbones.conv_stem_vit import ConvStem


def test_the_stem_makes_one_token_a_patch():
    stem = ConvStem(img_size=(96, 48), patch_size=16, in_chans=3, embed_dim=96)
    assert stem(torch.rand(2, 3, 96, 48)).shape == (2, 6 * 3, 96)
    assert stem.num_patches == 18


def test_a_feature_does_not_depend_on_the_rest_of_the_batch():
    tower = CLIPImageTower('cpcl-tiny').train()
    images = torch.rand(3, 3, 96, 48)
    assert torch.allclose(tower(images)[0][:1], tower(images[:1])[0], atol=1e-5)


def test_moving_a_garment_changes_the_feature():
    tower = CLIPImageTower('cpcl-tiny').eval()
    image = torch.zeros(1, 3, 96, 48)
    image[:, :, :32] = 1
    up, down = tower(image)[0], tower(image.flip(2))[0]
    assert (up - down).norm() > 0.05 * up.norm()


def test_timm_knows_the_model_by_name():
    assert sum(p.numel() for p in timm.create_model('conv_stem_vit_tiny').parameters()) > 1e5


def test_every_parameter_gets_a_gradient():
    tower = CLIPImageTower('cpcl-tiny')
    tower(torch.rand(2, 3, 96, 48))[0].sum().backward()
    assert [name for name, p in tower.named_parameters() if p.grad is None] == []


def test_another_input_size_is_refused():
    with pytest.raises(ValueError, match=r'\(128, 64\).*\(96, 48\) pixels only'):
        CLIPImageTower('cpcl-tiny', image_size=(128, 64))
