"""Ablations written by hand: no training."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# As for the command: its modules import each other by name.
sys.path.insert(0, str(ROOT / 'tools' / 'ablation'))


@pytest.fixture(scope='session')
def rows() -> Path:
    """The folder of the built-in configs."""
    return ROOT / 'configs' / 'ablation'


@pytest.fixture(scope='session')
def write_run() -> Callable:
    """A function that writes what a complete run leaves: R@1 is 5 below mAP, R@10 30 above."""

    def write(out, label, value, labels=(), seconds=90, config=None):
        folder = out / label
        folder.mkdir(parents=True)
        scores = {'t2i/mAP': value, 't2i/R@1': value - 5.0, 't2i/R@10': value + 30.0}
        (folder / 'test_scores.json').write_text(json.dumps(scores))
        (folder / 'wall_time.json').write_text(json.dumps({'seconds': seconds}))
        if config:
            folder.with_suffix('.py').write_text(config)
        if labels:
            (folder / 'pseudo_labels').mkdir()
            lines = ''.join(json.dumps(entry) + '\n' for entry in labels)
            (folder / 'pseudo_labels' / 'history.jsonl').write_text(lines)
        return folder

    return write
