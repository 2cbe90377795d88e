import pytest
import torch
import torch.nn.functional as F

from cpcl_mm.models import MaskedTokenLoss

SMALL = dict(vocab_size=11, dim=8, layers=2, heads=2)
LABELS = [[-1, 5, -1], [-1, -1, 3], [-1, -1, -1]]


@pytest.fixture
def loss():
    torch.manual_seed(0)
    loss = MaskedTokenLoss(**SMALL)
    # CLIP draws small numbers: with larger ones every part shows.
    for parameter in loss.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return loss


@pytest.fixture
def batch(make_batch):
    generator = torch.Generator().manual_seed(1)
    features = {
        'image_tokens': torch.randn(3, 4, 8, generator=generator),
        'masked_text_tokens': torch.randn(3, 3, 8, generator=generator),
        'masked_labels': torch.tensor(LABELS),
    }
    return make_batch([-1] * 3, [-1] * 3, features=features)


def attend(query, key, attention):
    """Two heads of attention, written out for one caption and one image."""
    weight, bias = attention.in_proj_weight.view(3, 8, 8), attention.in_proj_bias.view(3, 8)
    q, k, v = (
        (x @ w.T + b).view(-1, 2, 4)
        for x, w, b in zip((query, key, key), weight, bias, strict=True)
    )
    heads = [((q[:, h] @ k[:, h].T) / 2).softmax(1) @ v[:, h] for h in (0, 1)]
    return attention.out_proj(torch.cat(heads, 1))


def norm(x, layer):
    return F.layer_norm(x, (8,), layer.weight, layer.bias)


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


def naive(loss, words, patches):
    """Logits of the words of one caption."""
    x = attend(norm(words, loss.norm_text), norm(patches, loss.norm_image), loss.cross_attention)
    for block in loss.transformer.resblocks:
        normed = norm(x, block.ln_1)
        x = x + attend(normed, normed, block.attn)
        x = x + block.mlp.c_proj(quick_gelu(block.mlp.c_fc(norm(x, block.ln_2))))
    after, dense, _, last, classifier = loss.head
    return classifier(norm(quick_gelu(dense(norm(x, after))), last))


def test_the_words_that_were_masked_are_predicted_from_the_patches(loss, batch):
    costs = []
    for row, labels in enumerate(LABELS):
        words, patches = (
            batch.features[name][row] for name in ('masked_text_tokens', 'image_tokens')
        )
        logits = naive(loss, words, patches)
        costs += [-logits[i].log_softmax(0)[y] for i, y in enumerate(labels) if y >= 0]
    torch.testing.assert_close(loss(batch, {}), torch.stack(costs).mean(), rtol=1e-4, atol=1e-5)


def test_a_batch_without_a_masked_word_costs_nothing_and_has_a_gradient(loss, batch):
    batch.features['masked_labels'] = torch.full((3, 3), -1)
    value = loss(batch, {})
    assert value == 0
    value.backward()
    assert all(parameter.grad is not None for parameter in loss.parameters())


def test_it_reads_tokens_of_the_image_and_of_the_masked_caption():
    assert MaskedTokenLoss.tokens == ('image', 'masked_text')
