"""Run in two processes through gloo: gathering must be right where it matters."""

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from cpcl_mm.models.gather import gather, gather_with_grad

WEIGHT = torch.arange(6.0).view(2, 3)
BATCH = torch.tensor([[1.0, 2.0, 3.0], [0.5, -1.0, 2.0], [0.0, 1.0, 1.0], [2.0, 0.0, -1.0]])


def contrast(x):
    """A loss in which every row of the batch meets every other."""
    return torch.logsumexp(x @ x.T, dim=1).sum()


def _worker(rank, folder):
    dist.init_process_group('gloo', init_method=f'file://{folder}/init', rank=rank, world_size=2)
    local = BATCH[2 * rank : 2 * rank + 2]
    weight = WEIGHT.clone().requires_grad_()
    contrast(gather_with_grad(local @ weight.T)).backward()
    # What data-parallel training does with gradients.
    dist.all_reduce(weight.grad)
    torch.save((weight.grad / 2, gather(local)), f'{folder}/{rank}.pt')
    dist.destroy_process_group()


def test_gradients_and_order_equal_those_of_one_process(tmp_path):
    mp.start_processes(_worker, (str(tmp_path),), nprocs=2, start_method='fork')
    weight = WEIGHT.clone().requires_grad_()
    contrast(BATCH @ weight.T).backward()
    for rank in range(2):
        gradient, batch = torch.load(tmp_path / f'{rank}.pt')
        assert torch.allclose(gradient, weight.grad)
        assert torch.equal(batch, BATCH)


@pytest.mark.parametrize('function', [gather, gather_with_grad])
def test_one_process_gets_its_own_tensor_back(function):
    assert function(BATCH) is BATCH
