from cpcl_mm.models import CLIPImageTower, CLIPTextTower
from cpcl_mm.models.backbones.stages import split_into_stages


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
