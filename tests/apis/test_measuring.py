import os
import resource
import sys
import time
from types import SimpleNamespace

import pytest
import torch

from cpcl_mm.apis.measuring import (
    device_name,
    in_own_process,
    label_at_random,
    peak_memory,
    seconds_per_call,
)
from cpcl_mm.models import ClusterContrastHead, PrototypicalMemoryHead

CPU = torch.device('cpu')


def test_the_mean_time_of_a_call_leaves_the_warm_up_out(monkeypatch):
    now = 0.0

    def call():
        nonlocal now
        calls.append(now)
        # The first two are slow.
        now += 10 if len(calls) <= 2 else 3

    calls = []
    monkeypatch.setattr(time, 'perf_counter', lambda: now)
    assert seconds_per_call(call, CPU, steps=4, warm_up=2) == 3
    assert len(calls) == 6


def test_a_gpu_has_finished_before_the_clock_is_read(monkeypatch):
    events = []
    monkeypatch.setattr(torch.cuda, 'synchronize', lambda device: events.append('wait'))
    monkeypatch.setattr(time, 'perf_counter', lambda: events.append('clock') or 0.0)
    seconds_per_call(lambda: events.append('call'), torch.device('cuda'), steps=2, warm_up=1)
    assert events == ['call', 'wait', 'clock', 'call', 'call', 'wait', 'clock']


@pytest.mark.parametrize(('platform', 'unit'), [('linux', 1024), ('darwin', 1)])
def test_peak_memory_is_in_bytes_whatever_the_system_counts_in(monkeypatch, platform, unit):
    monkeypatch.setattr(resource, 'getrusage', lambda who: SimpleNamespace(ru_maxrss=5000))
    monkeypatch.setattr(sys, 'platform', platform)
    assert peak_memory(CPU) == peak_memory() == 5000 * unit


def test_peak_memory_of_a_gpu_is_that_of_its_tensors(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'max_memory_allocated', lambda device: 77)
    assert peak_memory(torch.device('cuda')) == 77


@pytest.mark.parametrize(('kind', 'name'), [('cpu', 'cpu, 1 thread'), ('cuda', 'Some GPU')])
def test_the_name_of_a_device(monkeypatch, kind, name):
    monkeypatch.setattr(torch.cuda, 'get_device_name', lambda device: 'Some GPU')
    assert device_name(torch.device(kind)).startswith(name)


def test_a_process_of_its_own_gives_back_what_a_function_returns():
    assert in_own_process(pow, 2, 5) == 32
    assert in_own_process(os.getpid) != os.getpid()


@pytest.mark.parametrize('kind', [PrototypicalMemoryHead, ClusterContrastHead])
def test_labels_make_a_cluster_of_every_four_images(kind):
    head = kind()
    label_at_random(head, num_images=12, num_captions=30, dims=8, device=CPU)
    assert head.labels['image'].bincount().tolist() == [4, 4, 4]
    assert head.labels['text'].bincount().tolist() == [10, 10, 10]
    for memory in head.memories.values():
        assert memory.prototypes.shape == (3, 8)
        torch.testing.assert_close(memory.prototypes.norm(dim=1), torch.ones(3))


def test_a_head_that_takes_no_labels_is_left_alone():
    head = torch.nn.Linear(8, 2)
    label_at_random(head, num_images=12, num_captions=30, dims=8, device=CPU)
    assert vars(head).keys() == vars(torch.nn.Linear(8, 2)).keys()
