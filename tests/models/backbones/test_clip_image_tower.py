import pytest
import torch

from cpcl_mm.models import CLIPImageTower
from cpcl_mm.models.backbones.clip_image_tower import infer_grid, resize_position_embedding


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


@pytest.mark.parametrize('interpolation', ['bicubic', 'bilinear'])
def test_the_class_token_is_kept_and_the_grid_resized(interpolation):
    embedding = torch.randn(1 + 6 * 2, 5)
    resized = resize_position_embedding(embedding, (6, 2), (8, 3), interpolation)
    assert resized.shape == (1 + 8 * 3, 5)
    assert torch.equal(resized[0], embedding[0])


def test_rows_and_columns_are_not_mixed_up():
    rows = torch.arange(4.0).repeat_interleave(2)[:, None]  # a 4 x 2 grid that grows downwards
    resized = resize_position_embedding(rows, (4, 2), (4, 6), 'bilinear').view(4, 6)
    assert torch.allclose(resized, torch.arange(4.0)[:, None].expand(4, 6))


def test_equal_counts_in_another_grid_are_still_interpolated():
    embedding = torch.randn(24, 3)
    assert not torch.equal(resize_position_embedding(embedding, (8, 3), (3, 8)), embedding)


def test_the_same_grid_returns_the_same_values():
    embedding = torch.randn(7, 3)
    assert torch.equal(resize_position_embedding(embedding, (3, 2), (3, 2)), embedding)


def test_bilinear_equals_a_hand_computed_value():
    resized = resize_position_embedding(torch.tensor([[0.0], [4.0]]), (2, 1), (4, 1), 'bilinear')
    assert resized.flatten().tolist() == [0.0, 1.0, 3.0, 4.0]


def test_unknown_interpolations_and_grids_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="'nearest'"):
        resize_position_embedding(torch.randn(4, 2), (2, 2), (3, 3), 'nearest')
    with pytest.raises(ValueError, match='4 position embeddings'):
        resize_position_embedding(torch.randn(4, 2), (3, 2), (3, 3))


def test_infer_grid_prefers_candidates_to_squares_and_upright_grids():
    assert infer_grid(16, [(8, 2)]) == (8, 2)
    assert infer_grid(16, [(3, 3)]) == (4, 4)
    # 384 x 128 and 256 x 128 pixels in patches of 16.
    assert infer_grid(192, [(14, 14)]) == (24, 8)
    assert infer_grid(128, [(14, 14)]) == (16, 8)
    with pytest.raises(ValueError, match='pretrained_grid'):
        infer_grid(15, [(2, 2)])
