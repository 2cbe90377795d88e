import pytest
import torch

from cpcl_mm.models import CLIPImageTower, CLIPTextTower
from cpcl_mm.models.backbones.clip_tower import split_into_stages


def trainable(tower):
    return {name for name, parameter in tower.tower.named_parameters() if parameter.requires_grad}


def test_freezing_by_stage(family, architecture):
    towers = [CLIPImageTower(architecture(family), frozen_stages=k) for k in (-1, 0, 1, 2)]
    counts = [len(trainable(tower)) for tower in towers]
    assert counts[0] > counts[1] > counts[2] > counts[3] > 0
    assert len(list(towers[0].tower.parameters())) == counts[0]


def test_the_stem_of_a_vit_and_of_a_text_tower(architecture):
    image = CLIPImageTower(architecture('vit'), frozen_stages=0)
    frozen = {name for name, _ in image.tower.named_parameters()} - trainable(image)
    assert frozen == {
        'class_embedding',
        'conv1.weight',
        'ln_pre.bias',
        'ln_pre.weight',
        'positional_embedding',
    }
    text = CLIPTextTower(architecture('vit'), frozen_stages=0)
    frozen = {name for name, _ in text.tower.named_parameters()} - trainable(text)
    assert frozen == {'token_embedding.weight', 'positional_embedding'}


def test_frozen_parameters_need_no_gradient_and_the_others_get_one(family, architecture):
    tower = CLIPImageTower(architecture(family), image_size=(64, 64), frozen_stages=1)
    tower(torch.rand(2, 3, 64, 64))[0].sum().backward()
    for parameter in tower.parameters():
        assert (parameter.grad is not None) == parameter.requires_grad


def test_batch_norms_of_frozen_stages_stay_in_eval_mode(architecture):
    tower = CLIPImageTower(architecture('resnet'), frozen_stages=1).train()
    assert not tower.tower.bn1.training
    assert not tower.tower.layer1[0].bn1.training
    assert tower.tower.layer2[0].bn1.training


def test_more_frozen_stages_than_there_are(architecture):
    with pytest.raises(ValueError, match='frozen_stages=9.*3 stages'):
        CLIPImageTower(architecture('vit'), frozen_stages=9)


def test_weights_load_once_and_only_by_init_weights(tmp_path, architecture, open_clip_model):
    config = architecture('vit')
    model = open_clip_model(config)
    torch.save(model.state_dict(), tmp_path / 'clip.pt')
    tower = CLIPImageTower(config, pretrained=str(tmp_path / 'clip.pt'))
    assert not torch.equal(tower.tower.proj, model.visual.proj)
    tower.init_weights()
    assert torch.equal(tower.tower.proj, model.visual.proj)
    with torch.no_grad():
        tower.tower.proj.zero_()
    tower.init_weights()
    assert tower.tower.proj.abs().sum() == 0


def test_stages_follow_the_order_of_computation_and_share_no_parameter(family, architecture):
    tower = CLIPImageTower(architecture(family)).tower
    stages = split_into_stages(tower)
    names = [name for stage in stages for name in stage]
    assert len(names) == len(set(names))
    assert set(names) < {name for name, _ in tower.named_parameters()}


def test_a_stage_is_a_block_of_a_transformer(architecture):
    assert len(split_into_stages(CLIPImageTower(architecture('vit')).tower)) == 1 + 3
    assert len(split_into_stages(CLIPTextTower(architecture('vit')).tower)) == 1 + 2


def test_a_stage_is_a_layer_of_a_resnet(architecture):
    stem, first, *_ = split_into_stages(CLIPImageTower(architecture('resnet')).tower)
    assert all(name.startswith(('conv', 'bn')) for name in stem)
    assert all(name.startswith('layer1.') for name in first)
