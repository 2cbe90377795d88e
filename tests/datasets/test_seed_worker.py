import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from cpcl_mm.datasets import seed_worker
from cpcl_mm.registry import FUNCTIONS


class Draws(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return np.random.rand()


def epoch(seed):
    torch.manual_seed(seed)
    loader = DataLoader(Draws(), num_workers=2, worker_init_fn=seed_worker)
    return [value.item() for value in loader]


def test_workers_follow_the_seed_of_the_main_process():
    assert epoch(0) == epoch(0)
    assert epoch(0) != epoch(1)


def test_workers_draw_different_numbers():
    assert len(set(epoch(0))) == 4


def test_a_data_loader_config_finds_it_by_name():
    assert FUNCTIONS.get('cpcl_mm.seed_worker') is seed_worker
