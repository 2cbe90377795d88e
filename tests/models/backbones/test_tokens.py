"""Tokens beside the feature, which stays what it is without them."""

import pytest
import torch

from cpcl_mm.models import CLIPImageTower, CLIPTextTower

SIZE = (64, 32)
TINY = 'cpcl-tiny'


@pytest.fixture
def image_tower(architecture):
    """A function: the image tower of a family, seeded, with these settings."""

    def build(family, **settings):
        torch.manual_seed(0)
        if family == TINY:
            return CLIPImageTower(TINY, **settings)
        return CLIPImageTower(architecture(family), image_size=SIZE, **settings)

    return build


def images(tower):
    return torch.rand(2, 3, *tower.image_size, generator=torch.Generator().manual_seed(0))


def captions(tower):
    generator = torch.Generator().manual_seed(0)
    words = torch.randint(1, tower.vocab_size - 1, (2, tower.context_length), generator=generator)
    # CLIP reads its feature where the id is highest.
    words[0, 5] = words[1, 9] = tower.vocab_size - 1
    return words


def gradients(tower, x):
    """Of the parameters that are trained, by tokens alone."""
    tower.train()
    tower.forward_tokens(x)[1].square().sum().backward()
    return {name: p.grad for name, p in tower.named_parameters() if p.requires_grad}


@pytest.mark.parametrize(('family', 'number'), [('vit', 8), ('eva', 8), (TINY, 18)])
def test_the_feature_of_an_image_is_the_same_to_the_bit_beside_its_patches(
    family, number, image_tower
):
    tower = image_tower(family).eval()
    with torch.no_grad():
        (feature,), tokens = tower.forward_tokens(images(tower))
        assert torch.equal(feature, tower(images(tower))[0])
    assert tokens.shape == (2, number, tower.embed_dims)
    assert feature.shape == (2, tower.embed_dims)


def test_the_feature_of_a_caption_is_the_same_to_the_bit_beside_its_words(family, architecture):
    tower = CLIPTextTower(architecture(family)).eval()
    with torch.no_grad():
        (feature,), tokens = tower.forward_tokens(captions(tower))
        assert torch.equal(feature, tower(captions(tower))[0])
    assert tokens.shape == (2, tower.context_length, tower.embed_dims)


def test_the_feature_of_clips_caption_is_the_token_at_its_end(architecture):
    tower = CLIPTextTower(architecture('vit')).eval()
    with torch.no_grad():
        (feature,), tokens = tower.forward_tokens(captions(tower))
    torch.testing.assert_close(feature, torch.stack([tokens[0, 5], tokens[1, 9]]))


def test_the_summands_of_cpcl_tiny_add_up_to_the_feature(image_tower):
    tower = image_tower(TINY).eval()
    with torch.no_grad():
        (feature,), tokens = tower.forward_tokens(images(tower))
    torch.testing.assert_close(tokens.sum(1), feature, atol=1e-5, rtol=1e-5)


def test_a_token_is_that_of_its_own_patch(image_tower):
    # A projection that reads one token only: all others add nothing.
    tower = image_tower(TINY).eval()
    weight = tower.tower.head.proj.weight
    with torch.no_grad():
        kept = weight.view(128, 18, 96)[:, 13].clone()
        weight.zero_()
        weight.view(128, 18, 96)[:, 13] = kept
        _, tokens = tower.forward_tokens(images(tower))
    assert tokens.abs().sum(2).nonzero()[:, 1].tolist() == [13, 13]


def test_patches_go_through_the_norm_and_the_projection_of_the_feature(image_tower):
    tower = image_tower('vit').eval()
    module = tower.tower
    with torch.no_grad():
        _, tokens = tower.forward_tokens(images(tower))
        module.output_tokens = True
        normed = module(images(tower))[1]
    torch.testing.assert_close(tokens, normed @ module.proj)


def test_patches_of_timm_go_through_the_pooling_of_the_class_token(image_tower):
    tower = image_tower('eva').eval()
    # EVA has no norm behind its pooling; others have.
    tower.tower.trunk.fc_norm = torch.nn.LayerNorm(64)
    with torch.no_grad():
        tower.tower.trunk.fc_norm.bias.uniform_()
        _, tokens = tower.forward_tokens(images(tower))
        # Where the pooling takes a patch for the class token, the feature is that patch's token.
        features = tower.tower.trunk.forward_features
        tower.tower.trunk.forward_features = lambda x, **masks: features(x)[:, 1 + 5 :]
        torch.testing.assert_close(tower(images(tower))[0], tokens[:, 5])


def test_a_tower_gives_its_feature_alone_again_after_a_call(image_tower, architecture):
    towers = (image_tower('vit'), CLIPTextTower(architecture('vit')))
    for tower, make in zip(towers, (images, captions), strict=True):
        tower.forward_tokens(make(tower))
        assert isinstance(tower.tower(make(tower)), torch.Tensor)
    with pytest.raises(RuntimeError):
        towers[0].forward_tokens(torch.rand(2, 5, *SIZE))
    assert not towers[0].tower.output_tokens


@pytest.mark.parametrize('family', ['vit', 'eva', TINY])
def test_patches_train_every_parameter_with_and_without_checkpointing(family, image_tower):
    plain = gradients(image_tower(family), images(image_tower(family)))
    assert [name for name, grad in plain.items() if grad is None] == []
    checkpointed = image_tower(family, with_cp=True, frozen_stages=0)
    found = gradients(checkpointed, images(checkpointed))
    assert 0 < len(found) < len(plain)
    for name, grad in found.items():
        torch.testing.assert_close(grad, plain[name], atol=1e-4, rtol=1e-4)
    frozen = [p for p in checkpointed.parameters() if not p.requires_grad]
    assert all(p.grad is None for p in frozen)


def test_words_train_every_parameter_with_and_without_checkpointing(architecture):
    found = []
    for settings in (dict(), dict(with_cp=True, frozen_stages=0)):
        torch.manual_seed(0)
        tower = CLIPTextTower(architecture('vit'), **settings)
        found.append(gradients(tower, captions(tower)))
    plain, checkpointed = found
    assert [name for name, grad in plain.items() if grad is None] == []
    assert plain.keys() - checkpointed.keys() == {
        'tower.token_embedding.weight',
        'tower.positional_embedding',
    }
    for name, grad in checkpointed.items():
        torch.testing.assert_close(grad, plain[name], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize('family', ['siglip', 'pe', 'resnet'])
def test_towers_that_pool_by_an_attention_of_their_own_are_named(family, image_tower):
    tower = image_tower(family)
    with pytest.raises(ValueError, match='has no tokens in the space of its features.*cpcl-tiny'):
        tower.forward_tokens(images(tower))


def reference_attention(tower, inputs):
    """Mean attention (N, T, T) of the last block, by torch's own module."""
    block = tower.tower.transformer.resblocks[-1]
    normed = block.ln_1(inputs[0])
    mask = getattr(tower.tower, 'attn_mask', None)
    return block.attn(normed, normed, normed, attn_mask=mask, need_weights=True)[1]


@pytest.fixture
def last_input():
    """What the last block of a tower gets, as ``last_input(tower, x)``."""

    def catch(tower, x):
        caught = []
        block = tower.tower.transformer.resblocks[-1]
        handle = block.register_forward_pre_hook(lambda _, args: caught.append(args[0]))
        tower(x)
        handle.remove()
        return caught

    return catch


@torch.no_grad()
def test_patches_come_with_the_attention_of_the_class_token(image_tower, last_input):
    tower = image_tower('vit', token_attention=True).eval()
    tokens, attention, feature = tower(images(tower))
    plain = image_tower('vit').eval()
    (expected,), patches = plain.forward_tokens(images(tower))
    assert torch.equal(feature, expected)
    torch.testing.assert_close(tokens, patches)
    weights = reference_attention(tower, last_input(plain, images(tower)))
    torch.testing.assert_close(attention, weights[:, 0, 1:])
    out, again = tower.forward_tokens(images(tower))
    assert len(out) == 3
    assert torch.equal(again, tokens)


@torch.no_grad()
def test_words_come_with_the_attention_of_the_end_of_the_caption(architecture, last_input):
    torch.manual_seed(0)
    tower = CLIPTextTower(architecture('vit'), token_attention=True).eval()
    x = captions(tower)
    tokens, attention, feature = tower(x)
    tower.token_attention = False
    (expected,), words = tower.forward_tokens(x)
    assert torch.equal(feature, expected)
    torch.testing.assert_close(tokens, words[:, 1:])
    weights = reference_attention(tower, last_input(tower, x))
    for row, end in enumerate((5, 9)):
        torch.testing.assert_close(attention[row, : end - 1], weights[row, end, 1:end])
        assert (attention[row, end - 1 :] == -torch.inf).all()


@torch.no_grad()
def test_where_no_token_attends_to_all_it_is_the_product_with_the_feature(image_tower):
    tower = image_tower(TINY, token_attention=True).eval()
    tokens, attention, feature = tower(images(tower))
    torch.testing.assert_close(attention, torch.einsum('npd,nd->np', tokens, feature))


@pytest.mark.parametrize('family', ['siglip'])
def test_a_tower_that_cannot_say_what_it_attends_to_is_refused(family, architecture, image_tower):
    message = 'cannot say what its feature attends to: .* leave token_attention out'
    with pytest.raises(ValueError, match=message):
        CLIPTextTower(architecture(family), token_attention=True)
    with pytest.raises(ValueError, match=message):
        image_tower(family, token_attention=True)
