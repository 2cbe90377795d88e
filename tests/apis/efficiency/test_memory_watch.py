import mmap
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest

from cpcl_mm.apis.efficiency import MemoryWatch, memory_watch

MIB = 2**20


def hold(array, extra, ready):
    """Touch an array of the parent, and hold some memory of one's own."""
    own = np.ones(extra, dtype=np.uint8)
    array.sum()
    ready.set()
    time.sleep(0.3)
    return own


def test_memory_of_this_process_is_seen():
    with MemoryWatch(interval=0.01) as before:
        pass
    with MemoryWatch(interval=0.01) as watch:
        # Fresh pages: an array could take what an earlier test has freed.
        kept = mmap.mmap(-1, 50 * MIB)
        np.frombuffer(kept, dtype=np.uint8)[:] = 1
    assert watch.own - before.own > 45 * MIB
    assert len(kept)


def test_a_child_counts_once_for_what_it_shares():
    fork = multiprocessing.get_context('fork')
    shared = np.ones(80 * MIB, dtype=np.uint8)
    ready = fork.Event()
    child = fork.Process(target=hold, args=(shared, 30 * MIB, ready))
    # Other children, such as those of earlier tests, count both times.
    with MemoryWatch(interval=0.02) as before:
        pass
    with MemoryWatch(interval=0.02) as watch:
        child.start()
        ready.wait()
        child.join()
    assert watch.child > 110 * MIB
    extra = watch.together - before.together
    assert 20 * MIB < extra < 80 * MIB


def test_of_mapped_files_the_largest_part_counts(monkeypatch):
    sizes = {
        os.getpid(): memory_watch._Sizes(resident=100, share=60, files=40),
        7: memory_watch._Sizes(resident=50, share=20, files=30),
    }
    monkeypatch.setattr(memory_watch, '_children', lambda pid: [7])
    monkeypatch.setattr(memory_watch, '_read_sizes', sizes.__getitem__)
    watch = MemoryWatch()
    watch._look()
    assert (watch.own, watch.child, watch.together) == (100, 50, 60 + 20 + 40)


def test_a_system_without_proc(monkeypatch):
    monkeypatch.setattr(memory_watch, 'PROC', Path('/nowhere'))
    with pytest.raises(OSError, match='/nowhere, which only Linux has'):
        MemoryWatch()
