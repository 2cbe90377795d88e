"""Sharing work over ranks, on one, two and three real processes."""

import runpy
from pathlib import Path

import pytest
import torch
from mmengine.dist import get_rank, get_world_size

from cpcl_mm.utils import sharing
from cpcl_mm.utils.sharing import gather_dealt, gather_shares, run_on_main, share_of_rank, together

run_on_ranks = runpy.run_path(str(Path(__file__).parents[1] / 'ranks.py'))['run_on_ranks']
TOTALS = (0, 1, 2, 7, 12)
BYTES = 64


def message_of(work, *arguments):
    """What an error says."""
    try:
        work(*arguments)
    except Exception as error:
        return f'{type(error).__name__}: {error}'
    return 'no error'


def fail_on_the_last_rank():
    if get_rank() == get_world_size() - 1:
        raise KeyError('broken')


def squares(rows):
    return torch.tensor([[row, row * row] for row in rows], dtype=torch.float64).reshape(-1, 2)


def dealt(total):
    """What DefaultSampler deals out: equally many for every rank, the first items once more."""
    ranks = get_world_size()
    return [row % total for row in range(get_rank(), -(-total // ranks) * ranks, ranks)]


def note_what_is_received():
    """A list that grows by the bytes of each exchange of tensors, those of all ranks."""
    received, all_gather = [], sharing.all_gather

    def noted(tensor):
        parts = all_gather(tensor)
        received.append(sum(part.nbytes for part in parts))
        return parts

    sharing.all_gather = noted
    return received


def use_everything(folder):
    """Call each function; what it gave."""
    sharing._BYTES_AT_ONCE = BYTES
    received = note_what_is_received()
    return {
        'shares': [list(share_of_rank(total)) for total in TOTALS],
        'gathered': [
            gather_shares(squares(share_of_rank(total)), total).tolist() for total in TOTALS
        ],
        'dealt': [gather_dealt(squares(dealt(total)), total).tolist() for total in TOTALS],
        'unpadded': gather_dealt(squares(range(7)[get_rank() :: get_world_size()]), 7).tolist(),
        'unknown length': gather_shares(
            squares([0]) if share_of_rank(1) else torch.empty(0, dtype=torch.float64), 1
        ).tolist(),
        'together': together(lambda: get_rank() + 10),
        'error': message_of(together, fail_on_the_last_rank),
        'too few': message_of(gather_dealt, torch.zeros(2), 7),
        'received': received,
    }


@pytest.fixture(scope='module')
def results(tmp_path_factory):
    """What each of one, two and three ranks got, by their number."""
    return run_on_ranks(__file__, 'use_everything', tmp_path_factory.mktemp('ranks'))


@pytest.mark.parametrize('ranks', [1, 2, 3])
class TestRanks:
    def test_shares_cover_all_items_once_and_are_even(self, results, ranks):
        for number, total in enumerate(TOTALS):
            shares = [result['shares'][number] for result in results[ranks]]
            assert sum(shares, []) == list(range(total))
            assert max(map(len, shares)) - min(map(len, shares)) <= 1

    @pytest.mark.parametrize('way', ['gathered', 'dealt'])
    def test_all_rows_come_back_in_order_on_every_rank(self, results, ranks, way):
        for result in results[ranks]:
            assert result[way] == [squares(range(total)).tolist() for total in TOTALS]

    def test_a_sampler_need_not_make_the_ranks_equal(self, results, ranks):
        assert all(result['unpadded'] == squares(range(7)).tolist() for result in results[ranks])

    def test_a_rank_without_rows_need_not_know_their_length(self, results, ranks):
        assert all(result['unknown length'] == [[0, 0]] for result in results[ranks])

    def test_each_rank_does_its_own_part(self, results, ranks):
        assert [result['together'] for result in results[ranks]] == list(range(10, 10 + ranks))

    def test_the_error_of_one_rank_is_an_error_of_all(self, results, ranks):
        *others, last = (result['error'] for result in results[ranks])
        assert last == "KeyError: 'broken'"
        assert all(
            other == f"RuntimeError: rank {ranks - 1} failed: KeyError: 'broken'"
            for other in others
        )

    def test_the_memory_of_an_exchange_does_not_grow_with_the_ranks(self, results, ranks):
        for result in results[ranks]:
            assert 0 < max(result['received']) <= BYTES

    def test_too_few_rows_are_named(self, results, ranks):
        assert all(
            f'rank 0 of {ranks} holds 2 of its {-(-7 // ranks)} out of 7 items' in result['too few']
            for result in results[ranks]
        )


def test_without_a_process_group_there_is_one_rank():
    assert share_of_rank(5) == range(5)
    assert gather_shares(squares(range(5)), 5).tolist() == squares(range(5)).tolist()
    with pytest.raises(KeyError, match='broken'):
        together(fail_on_the_last_rank)


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
def on_main(tmp_path_factory):
    """What each of one and of two ranks got, by their number."""
    return run_on_ranks(__file__, 'call_on_a_rank', tmp_path_factory.mktemp('ranks'), (1, 2))


def test_the_result_of_the_main_process_is_that_of_all(on_main):
    assert [rank[0] for rank in (*on_main[1], *on_main[2])] == [[4, 0]] * 3


def test_no_other_process_does_the_work(on_main):
    assert [rank[1] for rank in (*on_main[1], *on_main[2])] == [2, 2, 0]


def test_an_error_of_the_main_process_is_raised_on_all(on_main):
    main, other = on_main[2]
    assert main[2] == 'ZeroDivisionError'
    assert other[2:] == [
        'RuntimeError',
        'the main process failed: ZeroDivisionError: division by zero',
    ]


def test_one_process_gets_the_error_itself():
    with pytest.raises(ZeroDivisionError):
        run_on_main(divide, 1, denominator=0)
