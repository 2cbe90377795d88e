import pytest
import torch

from cpcl_mm.kreciprocal.neighbors.proposals import CROWDED, choose_close, num_slots

ROWS = torch.tensor([5])


def used_of(values, keep, error, total=100):
    values = torch.tensor([values])
    index = torch.arange(values.shape[1])[None]
    return choose_close(ROWS, values, index, keep, error, total).used.tolist()[0]


def test_what_lies_within_twice_the_error_of_the_last_wanted_may_be_among_the_best():
    # Two others are wanted, and the row itself is the first: 0.7 is the last wanted.
    values = [1.0, 0.8, 0.7, 0.65, 0.61, 0.59, 0.5]
    assert used_of(values, keep=2, error=0.01) == 3
    assert used_of(values, keep=2, error=0.03) == 4
    assert used_of(values, keep=2, error=0.05) == 5


def test_a_row_is_crowded_if_what_is_left_out_could_be_among_the_best():
    values = [1.0, 0.8, 0.7, 0.69]
    assert used_of(values, keep=2, error=0.1) == CROWDED
    assert used_of(values, keep=2, error=0.1, total=4) == 4
    assert used_of(values, keep=2, error=0.001) == 3


@pytest.mark.parametrize(
    ('total', 'precision', 'slots'),
    [(1000, 'float32', 124), (1000, 'bfloat16', 184), (50, 'float32', 50)],
)
def test_coarser_products_get_more_slots(total, precision, slots):
    assert num_slots(30, total, precision) == slots
