import pytest
import torch

from cpcl_mm.engine.hooks import CPUThreadsHook


def test_the_number_of_threads_is_set_before_the_run():
    before = torch.get_num_threads()
    CPUThreadsHook(before + 1).before_run(None)
    assert torch.get_num_threads() == before + 1
    torch.set_num_threads(before)


def test_there_must_be_a_thread():
    with pytest.raises(ValueError, match='at least 1, not 0'):
        CPUThreadsHook(0)
