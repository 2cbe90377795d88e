import copy

import pytest
import torch

from cpcl_mm.models import CLIPImageTower, CLIPTextTower
from cpcl_mm.models.lora import PARTS, add_lora, merge_lora, plain_names

LORA = dict(rank=2, parts=('query', 'key', 'value', 'output'))


def images():
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def train(tower, x):
    """A few steps, after which no adapter is zero."""
    optimizer = torch.optim.Adam([p for p in tower.parameters() if p.requires_grad], lr=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        tower(x)[0].square().sum().backward()
        optimizer.step()


@pytest.fixture
def vit(architecture):
    return architecture('vit')


@pytest.mark.parametrize('family', ['vit', 'siglip', 'eva', 'pe'])
@pytest.mark.parametrize('parts', [('key', 'value'), LORA['parts'], PARTS])
def test_adapters_alone_learn_and_merge_into_a_plain_tower(family, parts, architecture):
    torch.manual_seed(0)
    config = architecture(family)
    tower = CLIPImageTower(config, image_size=(64, 64), lora=dict(rank=2, parts=parts)).eval()
    before = copy.deepcopy(tower.state_dict())
    train(tower, images())
    changed = {key for key, x in tower.state_dict().items() if not torch.equal(x, before[key])}
    learned = {name for name, p in tower.named_parameters() if p.requires_grad}
    assert all('.0.up.' in name or '.0.down.' in name for name in learned)
    assert {name for name in learned if '.0.up.' in name} <= changed <= learned
    plain = CLIPImageTower(config, image_size=(64, 64)).eval()
    merged = merge_lora(tower.state_dict())
    assert merged.keys() == plain.state_dict().keys()
    plain.load_state_dict(merged)
    with torch.no_grad():
        assert torch.equal(plain(images())[0], tower(images())[0])


def test_features_are_those_of_the_pretrained_weights_at_first(vit, tmp_path):
    plain = CLIPTextTower(vit).eval()
    weights = {f'text.{key}': x for key, x in plain.tower.state_dict().items()}
    torch.save(weights, tmp_path / 'clip.pt')
    tower = CLIPTextTower(vit, pretrained=str(tmp_path / 'clip.pt'), lora=LORA).eval()
    tower.init_weights()
    tokens = torch.randint(1, 64, (3, 16))
    with torch.no_grad():
        assert torch.equal(plain(tokens)[0], tower(tokens)[0])


def test_a_training_step_is_that_of_low_rank_matrices(vit):
    torch.manual_seed(0)
    tower = CLIPImageTower(vit, lora=dict(rank=2, scale=0.5)).train()
    train(tower, images())
    attention = tower.tower.transformer.resblocks[0].attn
    lora = attention.parametrizations.in_proj_weight
    change = (attention.in_proj_weight - lora.original).split(32)
    assert not change[0].any()
    for part in (1, 2):
        expected = 0.5 * lora[0].up[str(part)] @ lora[0].down[str(part)]
        assert torch.allclose(change[part], expected, atol=1e-6)
        assert torch.linalg.matrix_rank(change[part]) == 2


def test_gradient_checkpointing_changes_no_gradient(vit):
    gradients = []
    for with_cp in (False, True):
        torch.manual_seed(0)
        tower = CLIPImageTower(vit, with_cp=with_cp, lora=LORA).train()
        tower(images())[0].square().sum().backward()
        gradients.append(
            torch.cat([p.grad.flatten() for p in tower.parameters() if p.requires_grad])
        )
    assert torch.allclose(*gradients, atol=1e-6)


def test_up_persons_adapters_are_as_many_as_rank_and_width_say():
    with torch.device('meta'):
        tower = CLIPImageTower('ViT-B-16-quickgelu', lora={})
    learned = sum(p.numel() for p in tower.parameters() if p.requires_grad)
    assert learned == 12 * 2 * 32 * (768 + 768)


def test_names_without_adapters(vit):
    tower = CLIPTextTower(vit, lora=LORA).tower
    names = plain_names(tower)
    assert names.keys() == CLIPTextTower(vit).tower.state_dict().keys()
    assert names['transformer.resblocks.0.attn.in_proj_weight'] == (
        'transformer.resblocks.0.attn.parametrizations.in_proj_weight.original'
    )


def test_weights_without_adapters_are_left_as_they_are(vit):
    state = CLIPTextTower(vit).state_dict()
    assert merge_lora(state) == dict(state)


def test_adapters_without_weights_and_adapters_that_do_not_fit_are_refused(vit):
    state = CLIPTextTower(vit, lora=LORA).state_dict()
    alone = {key: x for key, x in state.items() if '.0.up' in key}
    with pytest.raises(ValueError, match='without the weights that they change: tools/merge_lora'):
        merge_lora(alone)
    for key in [key for key in state if key.endswith('.up.1')]:
        state[key] = torch.ones(3, 3)
    with pytest.raises(
        ValueError, match='adapter of tower.transformer.*in_proj_weight does not fit'
    ):
        merge_lora(state)


@pytest.mark.parametrize(
    ('settings', 'meaning'),
    [
        (dict(rank=0), 'rank=0'),
        (dict(parts=('keys',)), "parts=.'keys'"),
        (dict(parts=()), 'parts='),
    ],
)
def test_settings_out_of_range(vit, settings, meaning):
    with pytest.raises(ValueError, match=meaning):
        CLIPTextTower(vit, lora=settings)


def test_a_tower_without_attention_layers_and_one_without_weights(architecture, vit):
    with pytest.raises(ValueError, match='ModifiedResNet has no layers of transformers'):
        CLIPImageTower(architecture('resnet'), lora={})
    with pytest.raises(ValueError, match='CLIPTextTower has lora.* no pretrained weights'):
        CLIPTextTower(vit, lora={}).init_weights()


def test_a_text_tower_of_transformers_is_known_by_the_names_of_its_layers():
    block = torch.nn.Module()
    for name in ('query', 'key', 'value'):
        block.add_module(name, torch.nn.Linear(8, 8))
    add_lora(block, rank=2)
    assert {name for name, p in block.named_parameters() if p.requires_grad} == {
        f'{part}.parametrizations.weight.0.{side}.0'
        for part in ('key', 'value')
        for side in ('up', 'down')
    }
