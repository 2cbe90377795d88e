import runpy
from pathlib import Path

import pytest
from mmengine.dist import get_rank

from cpcl_mm.utils.main_process import run_on_main

RANKS = runpy.run_path(str(Path(__file__).parents[1] / 'ranks.py'))


def divide(numerator, denominator=1):
    return numerator / denominator, get_rank()


def call_on_a_rank(folder):
    """What a rank gets: every rank asks for another division, the main process's is done."""
    good = run_on_main(divide, 8 + get_rank(), denominator=2)
    try:
        run_on_main(divide, 1, denominator=get_rank())
    except Exception as error:
        return good, type(error).__name__, str(error)
    return good, None, None


def test_the_result_of_the_main_process_is_that_of_all(tmp_path):
    one, two = RANKS['run_on_ranks'](__file__, 'call_on_a_rank', tmp_path, (1, 2)).values()
    assert one[0][0] == two[0][0] == two[1][0] == [4, 0]


def test_an_error_of_the_main_process_is_raised_on_all(tmp_path):
    results = RANKS['run_on_ranks'](__file__, 'call_on_a_rank', tmp_path, (2,))[2]
    assert results[0][1] == 'ZeroDivisionError'
    assert results[1][1:] == [
        'RuntimeError',
        'the main process failed: ZeroDivisionError: division by zero',
    ]


def test_one_process_gets_the_error_itself():
    with pytest.raises(ZeroDivisionError):
        run_on_main(divide, 1, denominator=0)
