import runpy
from pathlib import Path

import pytest
from mmengine.dist import get_rank

from cpcl_mm.utils.main_process import run_on_main

run_on_ranks = runpy.run_path(str(Path(__file__).parents[1] / 'ranks.py'))['run_on_ranks']
calls = []


def divide(numerator, denominator=1):
    calls.append(numerator)
    return numerator / denominator, get_rank()


def call_on_a_rank(folder):
    """What a rank gets: every rank asks for another division, the main process's is done."""
    good = run_on_main(divide, 8 + get_rank(), denominator=2)
    try:
        run_on_main(divide, 1, denominator=get_rank())
    except Exception as error:
        return good, len(calls), type(error).__name__, str(error)
    return good, len(calls), None, None


@pytest.fixture(scope='module')
def results(tmp_path_factory):
    """What each of one and of two ranks got, by their number."""
    return run_on_ranks(__file__, 'call_on_a_rank', tmp_path_factory.mktemp('ranks'), (1, 2))


def test_the_result_of_the_main_process_is_that_of_all(results):
    assert [rank[0] for rank in (*results[1], *results[2])] == [[4, 0]] * 3


def test_no_other_process_does_the_work(results):
    assert [rank[1] for rank in (*results[1], *results[2])] == [2, 2, 0]


def test_an_error_of_the_main_process_is_raised_on_all(results):
    main, other = results[2]
    assert main[2] == 'ZeroDivisionError'
    assert other[2:] == [
        'RuntimeError',
        'the main process failed: ZeroDivisionError: division by zero',
    ]


def test_one_process_gets_the_error_itself():
    with pytest.raises(ZeroDivisionError):
        run_on_main(divide, 1, denominator=0)
