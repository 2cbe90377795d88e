"""A loss that reads tokens, in data-parallel training without ``find_unused_parameters``."""

import runpy
from pathlib import Path

import pytest
import torch
from mmpretrain.structures import DataSample
from torch.nn.parallel import DistributedDataParallel

from cpcl_mm.models import BatchLoss, TextToImageRetriever
from cpcl_mm.registry import MODELS

run_on_ranks = runpy.run_path(str(Path(__file__).parents[2] / 'ranks.py'))['run_on_ranks']
PAIRS = 4


@MODELS.register_module(force=True)
class MeanTokenLoss(BatchLoss):
    """Half the squared distance of the mean tokens of image and caption."""

    tokens = ('image', 'text')

    def forward(self, batch, memories):
        image, text = (batch.features[f'{name}_tokens'].mean(1) for name in self.tokens)
        return (image - text).square().sum(1).mean() / 2


def one_step(folder):
    """Loss, and gradients of a few parameters, of the pairs that all ranks have together."""
    rank, world_size = torch.distributed.get_rank(), torch.distributed.get_world_size()
    torch.manual_seed(0)
    tower = dict(architecture='cpcl-tiny', frozen_stages=0, with_cp=True)
    model = TextToImageRetriever(
        dict(type='cpcl_mm.CLIPImageTower', **tower),
        dict(type='cpcl_mm.CLIPTextTower', **tower),
        dict(type='cpcl_mm.MatchingHead', losses=dict(tokens=dict(type='MeanTokenLoss'))),
    ).train()
    inputs = {'image': torch.rand(PAIRS, 3, 96, 48), 'text': torch.randint(1, 99, (PAIRS, 40))}
    mine = {name: x[rank::world_size] for name, x in inputs.items()}
    samples = [
        DataSample(metainfo=dict(image_index=i, caption_index=i))
        for i in range(rank, PAIRS, world_size)
    ]
    # Keep a name for the wrapper: without it, nothing reduces the gradients.
    parallel = DistributedDataParallel(model)
    losses = parallel(mine, samples, mode='loss')
    losses['loss_tokens'].backward()
    gradients = {
        name: parameter.grad.double().norm().item()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }
    return losses['loss_tokens'].item(), gradients


def test_two_processes_have_the_loss_and_the_gradients_of_one(tmp_path):
    answers = run_on_ranks(__file__, 'one_step', tmp_path, world_sizes=(1, 2))
    ((loss, gradients),) = answers[1]
    assert loss > 0
    for other_loss, other_gradients in answers[2]:
        assert other_loss == pytest.approx(loss, rel=1e-5)
        assert other_gradients == pytest.approx(gradients, rel=1e-3, abs=1e-7)
    assert min(gradients.values()) >= 0 < max(gradients.values())
