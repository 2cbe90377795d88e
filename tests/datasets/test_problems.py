from pathlib import Path

import pytest

from cpcl_mm.datasets.problems import Problem, handle_problems

SOURCE = Path('captions.json')
place_in_list = 'record {} (from 0)'.format
PROBLEMS = [Problem(number, f'has no caption {number}.') for number in (2, 5, 7, 9)]


def test_no_problem_is_no_error():
    handle_problems([], SOURCE, place_in_list, 'error', 9)


def test_an_error_names_the_first_record_and_how_many_there_are():
    with pytest.raises(ValueError, match='record 2') as error:
        handle_problems(PROBLEMS, SOURCE, place_in_list, 'error', 1200)
    assert 'record 2 (from 0) of captions.json has no caption 2.' in str(error.value)
    assert 'in all: 4 of 1,200;' in str(error.value)
    assert "bad_records='skip'" in str(error.value)


def test_what_is_skipped_is_one_warning_with_three_examples(logged):
    handle_problems(PROBLEMS, SOURCE, place_in_list, 'skip', total=10)
    (message,) = logged
    assert message.startswith('captions.json: skipped 4 of 10 unusable records')
    assert 'record 7' in message
    assert 'record 9' not in message
