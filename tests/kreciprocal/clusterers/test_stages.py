import pytest

from cpcl_mm.kreciprocal.clusterers import stages
from cpcl_mm.kreciprocal.clusterers.stages import timed, timed_items


@pytest.fixture
def clock(monkeypatch):
    """A clock that tests wind on."""
    now = [0.0]
    monkeypatch.setattr(stages.time, 'perf_counter', lambda: now[0])
    return now


def test_seconds_of_a_stage_add_up(clock):
    seconds = {}
    for duration in (1.0, 2.0):
        with timed(seconds, 'work'):
            clock[0] += duration
        clock[0] += 100
    assert seconds == {'work': 3.0}


def test_the_time_to_make_items_counts_and_that_to_use_them_does_not(clock):
    def make():
        for item in range(3):
            clock[0] += 1
            yield item

    seconds, items = {}, []
    for item in timed_items(make(), seconds, 'make'):
        items.append(item)
        clock[0] += 100
    assert (items, seconds) == ([0, 1, 2], {'make': 3.0})


def test_a_stage_that_makes_nothing_is_named(clock):
    seconds = {}
    assert list(timed_items([], seconds, 'make')) == []
    assert seconds == {'make': 0.0}
