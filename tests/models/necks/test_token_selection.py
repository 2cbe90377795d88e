import math
import runpy
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from mmengine.dist import get_rank, get_world_size

from cpcl_mm.models import TokenSelection

run_on_ranks = runpy.run_path(str(Path(__file__).parents[2] / 'ranks.py'))['run_on_ranks']


@pytest.fixture
def inputs():
    """Tokens, their attention and global embeddings of three items; the last has one token."""
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randn(3, 7, 6, generator=generator)
    attention = torch.rand(3, 7, generator=generator)
    attention[2, 1:] = -torch.inf
    return tokens, attention, torch.randn(3, 6, generator=generator)


@pytest.fixture
def neck():
    torch.manual_seed(0)
    return TokenSelection(6, 10, ratio=0.5).eval()


def naive(neck, tokens, attention):
    """The second embedding of one item."""
    chosen = sorted(range(len(tokens)), key=lambda k: -attention[k])[: int(len(tokens) * 0.5)]
    rows = []
    for k in chosen:
        if attention[k] > -math.inf:
            x = tokens[k] / tokens[k].norm()
            hidden = torch.relu(neck.norm(neck.first(x)[None]))[0]
            rows.append(neck.linear(x) + neck.second(hidden))
    return torch.stack(rows).max(0).values


def test_both_embeddings_are_of_unit_length_and_share_the_feature(neck, inputs):
    (feature,) = neck(inputs)
    torch.testing.assert_close(feature.norm(dim=1), torch.ones(3))
    second = torch.stack([naive(neck, *item) for item in zip(*inputs[:2], strict=True)])
    expected = torch.cat([F.normalize(inputs[2]), F.normalize(second)], 1) / math.sqrt(2)
    torch.testing.assert_close(feature, expected)


def test_the_product_of_two_features_is_the_mean_of_the_two_similarities(neck, inputs):
    (feature,) = neck(inputs)
    first, second = (F.normalize(x) for x in (feature[:, :6], feature[:, 6:]))
    torch.testing.assert_close(feature @ feature.T, (first @ first.T + second @ second.T) / 2)


def test_an_item_without_any_token_still_has_a_feature(neck, inputs):
    inputs[1][:] = -torch.inf
    assert neck(inputs)[0].isfinite().all()


def test_the_gradient_reaches_the_tokens_that_are_selected_alone(neck, inputs):
    tokens = inputs[0].requires_grad_()
    neck((tokens, *inputs[1:]))[0][0, 6:].sum().backward()
    reached = tokens.grad[0].abs().sum(1) > 0
    assert set(reached.nonzero().flatten().tolist()) <= set(inputs[1][0].topk(3).indices.tolist())
    assert reached.any()


def test_a_tower_without_tokens_is_refused_with_the_setting(neck):
    with pytest.raises(ValueError, match='set token_attention=True on it'):
        neck((torch.ones(2, 6),))


@pytest.mark.parametrize('ratio', [0, 1.5])
def test_a_share_out_of_its_range_is_refused(ratio):
    with pytest.raises(ValueError, match='ratio must lie in'):
        TokenSelection(ratio=ratio)


def one_step(folder):
    """Gradients and running mean of a step on the items that all ranks have together."""
    from cpcl_mm.models.gather import gather_with_grad

    torch.manual_seed(0)
    neck = TokenSelection(6, 10, ratio=0.5)
    parallel = torch.nn.parallel.DistributedDataParallel(neck)
    batch = torch.randn(4, 7, 6), torch.rand(4, 7), torch.randn(4, 6)
    part = slice(get_rank() * 4 // get_world_size(), (get_rank() + 1) * 4 // get_world_size())
    feature = gather_with_grad(parallel(tuple(x[part] for x in batch))[0])
    (feature[:2] * feature[2:]).sum().backward()
    gradients = [parameter.grad.norm().item() for parameter in neck.parameters()]
    return gradients, neck.norm.running_mean.tolist()


def test_batch_norm_of_two_processes_is_that_of_one(tmp_path):
    answers = run_on_ranks(__file__, 'one_step', tmp_path, world_sizes=(1, 2))
    ((gradients, mean),) = answers[1]
    for others, other_mean in answers[2]:
        assert others == pytest.approx(gradients, rel=1e-4, abs=1e-6)
        assert other_mean == pytest.approx(mean, rel=1e-5)
