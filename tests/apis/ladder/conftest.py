"""Ladders written by hand: no training."""

import json
from collections.abc import Callable

import pytest

LOG = """2026/01/01 10:00:00 - mmengine - INFO - first line
    a line that goes on
2026/01/01 10:0{minutes}:30 - mmengine - INFO - last line
"""


@pytest.fixture(scope='session')
def write_run() -> Callable:
    """A function that writes what a complete run leaves in its work directory."""

    def write(out, label, scores, history=(), minutes=1, session='20260101_100000'):
        folder = out / label / session
        folder.mkdir(parents=True)
        if scores is not None:
            (out / label / 'test_scores.json').write_text(json.dumps(scores))
        (folder / f'{session}.log').write_text(LOG.format(minutes=minutes))
        if history:
            (out / label / 'pseudo_labels').mkdir()
            lines = ''.join(json.dumps(entry) + '\n' for entry in history)
            (out / label / 'pseudo_labels' / 'history.jsonl').write_text(lines)
        return out / label

    return write


@pytest.fixture(scope='session')
def scores() -> Callable:
    """A function that makes the scores of a test from its mAP."""

    def make(value, rank_1=None):
        return {'t2i/mAP': value, 't2i/R@1': rank_1 or value - 5.0, 't2i/R@10': value + 30.0}

    return make
