import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from cpcl_mm.utils.plain_data import history_from_plain, to_plain


def test_arrays_and_scalars_of_numpy_get_a_form_that_torch_reads_alone(tmp_path):
    value = {
        'order': np.arange(3, dtype='>i2'),
        'names': np.array(['a', 'b']),
        'best': np.float64(61.5),
        'sizes': (np.int64(3), {np.int64(4)}),
        'weight': torch.ones(2),
    }
    torch.save(to_plain(value), tmp_path / 'plain.pth')
    loaded = torch.load(tmp_path / 'plain.pth', weights_only=True)
    assert loaded.pop('order').tolist() == [0, 1, 2]
    assert loaded.pop('weight').tolist() == [1, 1]
    assert loaded == {'names': ['a', 'b'], 'best': 61.5, 'sizes': (3, {4})}


def test_shared_and_endless_containers_stay_what_they_are():
    shared = [1.0]
    endless = {'shared': [shared, shared]}
    endless['self'] = endless
    plain = to_plain(endless)
    assert plain is not endless
    assert plain['self'] is plain
    assert plain['shared'][0] is plain['shared'][1]


def test_the_versions_of_modules_stay_beside_the_weights():
    state = torch.nn.BatchNorm1d(2).state_dict()
    assert to_plain(state)._metadata == state._metadata


def test_a_log_goes_and_comes_back():
    log = HistoryBuffer([1.5, 2.5], [1, 1], max_length=7)
    plain = to_plain({'loss': log})['loss']
    assert plain['log_history'].tolist() == [1.5, 2.5]
    back = history_from_plain(plain)
    assert (back.mean(), back.current(), back.max_length) == (2.0, 2.5, 7)


@pytest.mark.parametrize(
    'changed', [{'max_length': '7'}, {'count_history': torch.ones(3)}, {'log_history': [1.5]}]
)
def test_what_is_no_log_is_refused(changed):
    plain = to_plain(HistoryBuffer([1.5], [1], max_length=7))
    with pytest.raises(ValueError, match='do not fit|no history of a log'):
        history_from_plain({**plain, **changed})
