import json
from types import SimpleNamespace

import pytest

from cpcl_mm.engine.hooks import WallTimeHook, wall_time_hook


@pytest.fixture
def train(tmp_path, monkeypatch):
    """A function that trains epochs of 60 seconds, and is cut in another one if it is said so."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(wall_time_hook.time, 'monotonic', lambda: clock.now)

    def train(epochs, resume=False, cut=False):
        runner = SimpleNamespace(work_dir=str(tmp_path), cfg={'resume': resume})
        hook = WallTimeHook()
        hook.before_run(runner)
        for _ in range(epochs):
            clock.now += 60
            hook.after_train_epoch(runner)
        clock.now += 10
        if not cut:
            hook.after_run(runner)
        return json.loads((tmp_path / 'wall_time.json').read_text())['seconds']

    return train


def test_the_time_of_a_training(train):
    assert train(2) == 130


def test_a_resumed_training_adds_to_its_complete_epochs(train):
    assert train(2, cut=True) == 120
    assert train(1, resume=True) == 190


def test_a_training_from_the_start_forgets_an_earlier_one(train):
    train(2)
    assert train(1) == 70


def test_a_training_that_goes_on_from_another_folder_counts_its_own_time(train):
    assert train(1, resume=True) == 70
