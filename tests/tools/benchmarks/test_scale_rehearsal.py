import json
import mmap
import multiprocessing
import re
import time
from pathlib import Path

import numpy as np
import pytest
from scale_rehearsal import MemoryWatch

TOOL = 'benchmarks/scale_rehearsal.py'
MIB = 2**20
CONFIG = Path(__file__).parents[3] / 'configs' / 'cpcl_cuhk.py'
# Images as small as the model's of the built-in data set: the default config's take long.
SMALL = """
_base_ = {base!r}
small = [
    dict(type='OnImage', transforms=[dict(type='LoadImage'), dict(type='Resize', scale=(16, 32))]),
    *_base_.test_pipeline[1:],
]
train_dataloader = dict(dataset=dict(pipeline=small))
test_dataloader = dict(dataset=dict(pipeline=small))
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'small.py'
    path.write_text(SMALL.format(base=str(CONFIG)))
    return str(path)


def test_every_stage_is_measured_on_a_data_set_of_that_share(run_tool, config, tmp_path):
    root = tmp_path / 'pedes'
    args = ('--config', config, '--scale', 0.005, '--workers', 1, '--dims', 32)
    printed = run_tool(TOOL, *args, '--root', root)
    for stage in (
        *('make the data set', 'read annotations, check images', 'load 341 pairs'),
        *(
            'load 341 pairs, item by item',
            'load 170 images',
            'load 341 captions',
            'make up features',
        ),
        *('label 170 images and 341 captions', 'centroids, report', 'evaluate 46 items'),
    ):
        assert re.search(
            rf'^{re.escape(stage)} +[\d.]+ +[\d.]+ +[\d,]+ +[\d,]+ +[\d,]+$', printed, re.M
        )
    assert re.search(r'image \d+ clusters, .* text \d+ clusters', printed)
    assert re.search(r't2i/R@1 \d+\.\d', printed)
    assert re.search(r'peak of all processes \d\.\d\d GiB, within the limit of 6 GiB', printed)
    records = json.loads((root / 'reid_raw.json').read_text())
    assert {'split', 'captions', 'file_path', 'processed_tokens', 'id'} == records[0].keys()
    train = [record for record in records if record['split'] == 'train']
    assert len({record['id'] for record in train}) == 55


def test_memory_beyond_the_limit_is_a_failure(exit_of_tool, config):
    args = ('--config', config, '--scale', 0.002, '--workers', 0, '--dims', 16)
    code, printed, _ = exit_of_tool(TOOL, *args, '--limit-gib', 0.01)
    assert code == 1
    assert 'MORE THAN the limit of 0.01 GiB' in printed


def test_a_share_that_is_none(exit_of_tool):
    error = exit_of_tool(TOOL, '--scale', 2)[2]
    assert '--scale 2.0: the share must lie above 0 and at most at 1' in error


def watch(work=lambda: None):
    """Watch the memory while something is done."""
    watch = MemoryWatch()
    watch.start()
    work()
    watch.stopped.set()
    watch.join()
    return watch


def test_memory_of_this_process_is_seen():
    kept = []

    def work():
        # Fresh pages: an array could take what an earlier test has freed.
        kept.append(mmap.mmap(-1, 50 * MIB))
        np.frombuffer(kept[0], dtype=np.uint8)[:] = 1

    assert watch().own + 45 * MIB < watch(work).own


def hold(array, extra, ready):
    """Touch an array of the parent, and hold some memory of one's own."""
    own = np.ones(extra, dtype=np.uint8)
    array.sum()
    ready.set()
    time.sleep(1)
    return own


def test_a_child_counts_once_for_what_it_shares():
    fork = multiprocessing.get_context('fork')
    shared, ready = np.ones(80 * MIB, dtype=np.uint8), fork.Event()
    child = fork.Process(target=hold, args=(shared, 30 * MIB, ready))
    before = watch()
    child.start()
    ready.wait()
    during = watch(child.join)
    assert during.child > 110 * MIB
    assert 20 * MIB < during.together - before.together < 80 * MIB
