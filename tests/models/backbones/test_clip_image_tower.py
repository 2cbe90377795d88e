import pytest
import torch

from cpcl_mm.models import CLIPImageTower


def save(model, path):
    torch.save(model.state_dict(), path)
    return str(path)


def images(height, width, num=2):
    return torch.rand(num, 3, height, width, generator=torch.Generator().manual_seed(0))


def test_features_equal_open_clips(tmp_path, family, architecture, open_clip_model):
    config = architecture(family)
    model = open_clip_model(config)
    tower = CLIPImageTower(config, pretrained=save(model, tmp_path / 'clip.pt')).eval()
    tower.init_weights()
    size = config['vision_cfg']['image_size']
    with torch.no_grad():
        difference = tower(images(size, size))[0] - model.encode_image(images(size, size))
    assert difference.abs().max() <= 1e-5


def test_rectangular_input_equals_open_clips(tmp_path, architecture, open_clip_model):
    config = architecture('vit')
    model = open_clip_model(config, image_size=(96, 32))
    path = save(model, tmp_path / 'clip.pt')
    tower = CLIPImageTower(config, image_size=(96, 32), pretrained=path).eval()
    tower.init_weights()
    with torch.no_grad():
        difference = tower(images(96, 32))[0] - model.encode_image(images(96, 32))
    assert difference.abs().max() <= 1e-5


def test_every_family_takes_rectangles_and_every_parameter_gets_a_gradient(family, architecture):
    tower = CLIPImageTower(architecture(family), image_size=(112, 56)).train()
    (feature,) = tower(images(112, 56))
    assert feature.shape == (2, tower.embed_dims)
    feature.sum().backward()
    assert [name for name, p in tower.named_parameters() if p.grad is None] == []


@pytest.mark.parametrize('family', ['vit', 'resnet', 'siglip', 'eva', 'pe'])
@pytest.mark.parametrize('interpolation', ['bicubic', 'bilinear'])
def test_square_weights_are_interpolated_to_a_rectangle(
    tmp_path, family, interpolation, architecture, open_clip_model
):
    config = architecture(family)
    path = save(open_clip_model(config), tmp_path / 'clip.pt')
    tower = CLIPImageTower(
        config, image_size=(192, 64), pretrained=path, interpolation=interpolation
    ).eval()
    tower.init_weights()
    assert torch.isfinite(tower(images(192, 64))[0]).all()


def test_weights_of_one_rectangle_fit_another(tmp_path, architecture):
    config = architecture('vit')
    tall = CLIPImageTower(config, image_size=(128, 32))
    torch.save({f'visual.{k}': v for k, v in tall.tower.state_dict().items()}, tmp_path / 'tall.pt')
    wide = CLIPImageTower(
        config, (32, 96), pretrained_grid=(8, 2), pretrained=str(tmp_path / 'tall.pt')
    )
    wide.init_weights()
    before, after = tall.tower.positional_embedding, wide.tower.positional_embedding
    assert torch.equal(before[0], after[0])
    assert len(after) == 1 + 2 * 6


def test_a_grid_that_nobody_can_guess_is_asked_for(tmp_path, architecture):
    config = architecture('vit')
    odd = CLIPImageTower(config, image_size=(80, 48))
    torch.save({f'visual.{k}': v for k, v in odd.tower.state_dict().items()}, tmp_path / 'odd.pt')
    tower = CLIPImageTower(config, image_size=(32, 96), pretrained=str(tmp_path / 'odd.pt'))
    with pytest.raises(ValueError, match='15 image positions.*pretrained_grid'):
        tower.init_weights()


@pytest.mark.parametrize('frozen_stages', [-1, 0])
def test_gradient_checkpointing_changes_no_gradient(family, architecture, frozen_stages):
    gradients = []
    for with_cp in (False, True):
        torch.manual_seed(0)
        settings = dict(image_size=(64, 64), frozen_stages=frozen_stages)
        tower = CLIPImageTower(architecture(family), with_cp=with_cp, **settings).train()
        tower(images(64, 64))[0].square().sum().backward()
        trained = [p.grad.flatten() for p in tower.parameters() if p.requires_grad]
        gradients.append(torch.cat(trained))
    assert torch.allclose(*gradients, atol=1e-5)


def test_an_image_too_small_for_the_resnet(architecture):
    with pytest.raises(ValueError, match='at least 32 x 32'):
        CLIPImageTower(architecture('resnet'), image_size=(64, 16))
