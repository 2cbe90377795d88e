import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from cpcl_mm.engine.hooks import EpochSeedHook


@pytest.fixture(autouse=True)
def keep_random_state():
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])
    torch.set_rng_state(states[2])


def draw(epoch, seed=0):
    EpochSeedHook().before_train_epoch(SimpleNamespace(seed=seed, epoch=epoch))
    return random.random(), np.random.rand(), torch.rand(1).item()


def test_an_epoch_draws_the_same_numbers_whatever_came_before():
    first = draw(epoch=3)
    np.random.rand(7)
    assert draw(epoch=3) == first


def test_every_generator_differs_between_epochs_and_between_seeds():
    for other in (draw(epoch=4), draw(epoch=3, seed=1)):
        assert all(a != b for a, b in zip(draw(epoch=3), other, strict=True))


def test_ranks_draw_different_numbers(monkeypatch):
    first = draw(epoch=3)
    monkeypatch.setattr('cpcl_mm.engine.hooks.epoch_seed_hook.get_rank', lambda: 1)
    assert draw(epoch=3) != first
