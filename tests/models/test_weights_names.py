import pytest
import torch
from open_clip import load_checkpoint
from safetensors.torch import save_file

from cpcl_mm.models.weights_names import sort_by_tower, to_irra, to_open_clip

ONE = torch.ones(1)


def named(*names):
    return dict.fromkeys(names, ONE)


@pytest.mark.parametrize(
    ('names', 'form'),
    [
        (('visual.proj', 'text_projection'), 'open_clip'),
        (('visual.trunk.norm.weight', 'text.ln_final.bias'), 'open_clip'),
        (('base_model.visual.proj', 'base_model.text_projection'), 'IRRA'),
        (('visual.proj', 'encode_text.text_projection'), 'TBPS-CLIP'),
        (('image_backbone.tower.proj', 'text_backbone.tower.text_projection'), 'this package'),
        (('a.clip.visual.proj', 'a.clip.transformer.resblocks.0.ln_1.bias'), 'a.clip.visual.*'),
    ],
)
def test_each_form_is_known_by_its_names(names, form):
    weights = sort_by_tower(named(*names), 'a.pth')
    assert weights.form == form
    assert len(weights.visual) == len(weights.text) == 1
    assert not weights.heads


def test_irras_head_has_a_norm_of_its_own_beside_the_towers():
    weights = sort_by_tower(
        {'ln_post.weight': 2 * ONE, **named('base_model.visual.ln_post.weight')}, 'a.pth'
    )
    assert torch.equal(weights.visual['ln_post.weight'], ONE)
    assert weights.describe_heads() == 'ln_post (1 tensors)'


@pytest.mark.parametrize(
    ('names', 'meaning'),
    [
        (
            (
                'image_encoder.conv1.weight',
                'text_encoder.encoder.embeddings.word_embeddings.weight',
            ),
            'PLIP .ResNet-50 and BERT',
        ),
        (
            ('vision_encoder.layers.0.blocks.0.norm1.weight', 'text_encoder.bert.encoder.a'),
            'APTM .Swin-B and BERT',
        ),
        (('visual_encoder.blocks.0.norm1.weight', 'text_encoder.encoder.a'), 'BLIP or ALBEF'),
        (('bert.embeddings.word_embeddings.weight',), 'a model with BERT'),
        (('vision_model.proj', 'text_model.proj'), "Hugging Face's CLIPModel"),
        (('fc.weight',), 'no weights of a tower of CLIP; its first names: fc.weight'),
    ],
)
def test_another_architecture_is_named(names, meaning):
    with pytest.raises(ValueError, match=f'a.pth holds .*{meaning}'):
        sort_by_tower(named(*names), 'a.pth')


def test_names_of_irra_and_back(open_clip_model, architecture):
    state = open_clip_model(architecture('vit')).state_dict()
    irra = to_irra(sort_by_tower(state, 'a.pt'))
    again = to_open_clip(sort_by_tower({**irra, 'classifier.weight': ONE}, 'b.pt'))
    assert again.keys() == state.keys() - {'logit_scale'}
    assert all(torch.equal(again[key], state[key]) for key in again)


def test_other_towers_have_no_form_of_irra(open_clip_model, architecture):
    for family in ('resnet', 'siglip'):
        weights = sort_by_tower(open_clip_model(architecture(family)).state_dict(), 'a.pt')
        with pytest.raises(ValueError, match="IRRA's form holds both towers of an OpenAI ViT"):
            to_irra(weights)


def test_open_clip_loads_its_names(open_clip_model, family, architecture, tmp_path):
    model = open_clip_model(architecture(family))
    wanted = {key: x.clone() for key, x in model.state_dict().items()}
    save_file(to_open_clip(sort_by_tower(wanted, 'a.pt')), tmp_path / 'a.safetensors')
    torch.nn.init.zeros_(model.logit_scale)
    torch.nn.init.zeros_(next(model.visual.parameters()))
    load_checkpoint(model, str(tmp_path / 'a.safetensors'))
    assert all(torch.equal(x, wanted[key]) for key, x in model.state_dict().items())
