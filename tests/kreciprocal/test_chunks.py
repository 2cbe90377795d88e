import threading

import pytest

from cpcl_mm.kreciprocal import chunks
from cpcl_mm.kreciprocal.chunks import map_chunks, progress


@pytest.mark.parametrize('num_threads', [1, 2, 7])
@pytest.mark.parametrize('total', [1, 2, 10, 11])
def test_ranges_cover_everything_once_and_in_order(monkeypatch, total, num_threads):
    monkeypatch.setattr(chunks, '_CHUNK', 3)
    ranges = map_chunks(lambda start, stop: range(start, stop), total, num_threads)
    assert [row for part in ranges for row in part] == list(range(total))
    assert all(1 <= len(part) <= 3 for part in ranges)


def test_several_threads_work_at_the_same_time():
    together = threading.Barrier(2, timeout=10)
    parts = map_chunks(lambda start, stop: together.wait() >= 0, total=8, num_threads=2)
    assert parts == [True, True]


@pytest.mark.parametrize('num_threads', [1, 2])
def test_an_error_in_a_kernel_comes_through(num_threads):
    with pytest.raises(ZeroDivisionError):
        map_chunks(lambda start, stop: start // 0, total=8, num_threads=num_threads)


def test_nothing_to_do():
    assert map_chunks(lambda start, stop: start, total=0, num_threads=2) == []


@pytest.mark.parametrize(('main', 'disabled'), [(True, None), (False, True)])
def test_only_the_main_rank_shows_a_bar(monkeypatch, main, disabled):
    settings = {}

    def bar(items, *arguments, **options):
        settings.update(options)
        return items

    monkeypatch.setattr(chunks, 'is_main_process', lambda: main)
    monkeypatch.setattr(chunks, 'tqdm', bar)
    assert list(progress(range(3), 'counting')) == [0, 1, 2]
    # None: on a terminal alone.
    assert settings['disable'] is disabled
