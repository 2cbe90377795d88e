"""What stands for names of NumPy and mmengine is data; what else a file asks for is refused."""

import os

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from cpcl_mm.utils.safe_checkpoints import load_checkpoint_file


@pytest.mark.parametrize(
    'array',
    [
        np.arange(6, dtype='>i2').reshape(2, 3),
        np.asfortranarray(np.eye(3, 2)),
        np.zeros((0, 3), dtype=bool),
        np.array(2.5, dtype=np.float16),
    ],
)
def test_arrays_become_tensors_with_their_numbers(tmp_path, array):
    torch.save({'array': array, 'number': array.sum()}, tmp_path / 'a.pth')
    loaded = load_checkpoint_file(tmp_path / 'a.pth')
    np.testing.assert_array_equal(loaded['array'].numpy(), array)
    assert loaded['array'].shape == array.shape
    assert loaded['number'] == array.sum()
    assert isinstance(loaded['number'], bool | int | float)


class Call:
    """Is pickled as a call of a function, whose result may be given a state."""

    def __init__(self, function, *args, state=None):
        self.call = (function, args) if state is None else (function, args, state)

    def __reduce__(self):
        return self.call


empty = np.zeros(0).__reduce__()[0]
blank = (empty, np.ndarray, (0,), b'b')
scalar = np.float64(0).__reduce__()[0]
number = np.dtype('f8')


@pytest.mark.parametrize(
    ('evil', 'says'),
    [
        (Call(exec, 'raise SystemExit("code from a checkpoint was executed")'), 'asks for exec'),
        (Call(os.system, 'false'), 'asks for posix.system'),
        (Call(getattr, HistoryBuffer, '__init__'), "asks for '__init__' of"),
        (Call(np.ndarray, (4,), 'O', b'A' * 32), 'numpy.ndarray to be called'),
        (Call(np.dtype, 'O'), "NumPy type 'O', which is no number"),
        (Call(np.dtype, 'V8'), "NumPy type 'V8', which is no number"),
        (Call(*blank, state=(1, (4,), np.dtype('O'), False, [])), 'no number'),
        (Call(*blank, state=(1, (4,), number, False, b'short')), 'is not 4 x'),
        (Call(*blank, state=(1, (-1,), number, False, b'')), r'shape \(-1,\)'),
        (Call(scalar, number, b'A'), 'is not 1 x'),
        (Call(scalar, 7, b'A'), 'no number'),
        (np.ndarray, 'which is no data'),
        (torch.Tensor, 'which is no data'),
        (Call(*blank), 'which is no data'),
    ],
)
def test_anything_but_data_is_refused(tmp_path, evil, says):
    torch.save({'state_dict': {}, 'message_hub': {'a': [evil]}}, tmp_path / 'evil.pth')
    with pytest.raises(ValueError, match=f'evil.pth cannot be read as a checkpoint.*{says}'):
        load_checkpoint_file(tmp_path / 'evil.pth')
