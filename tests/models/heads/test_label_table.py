import numpy as np
import pytest
import torch

from cpcl_mm.models.heads.label_table import LabelTable
from cpcl_mm.pseudo_labels import Labels

INDEX = {'image': torch.tensor([2, 0]), 'text': torch.tensor([1, -1])}


@pytest.fixture
def table():
    labels = Labels(
        {'image': np.array([4, -1, 6]), 'text': np.array([7, 8])},
        confidence={'text': np.array([0.25, 0.5], dtype=np.float32)},
        mined={'text': np.array([False, True])},
    )
    return LabelTable.of(labels, torch.device('cpu'))


def test_labels_weights_and_flags_are_found_by_the_number_of_the_sample(table):
    found = table.look_up({'image': INDEX['image'], 'text': torch.tensor([1, 0])})
    assert {m: x.tolist() for m, x in found['labels'].items()} == {'image': [6, 4], 'text': [8, 7]}
    assert {m: x.tolist() for m, x in found['weights'].items()} == {'text': [0.5, 0.25]}
    assert {m: x.tolist() for m, x in found['flags'].items()} == {'text': [True, False]}


def test_a_sample_that_is_not_there_is_an_outlier_of_no_confidence(table):
    found = table.look_up(INDEX)
    assert found['labels']['text'].tolist() == [8, -1]
    assert found['weights']['text'].tolist() == [0.5, 0.0]
    assert found['flags']['text'].tolist() == [True, False]
    kinds = [found[kind]['text'].dtype for kind in ('labels', 'weights', 'flags')]
    assert kinds == [torch.int64, torch.float32, torch.bool]


def test_before_the_first_labels_all_are_outliers_and_every_sample_may_come():
    empty = LabelTable()
    assert empty.labels == {}
    empty.check(INDEX)
    found = empty.look_up(INDEX)
    assert {m: x.tolist() for m, x in found['labels'].items()} == {
        'image': [-1, -1],
        'text': [-1, -1],
    }
    assert found['weights'] == found['flags'] == {}


def test_a_modality_without_labels_has_outliers_alone():
    of_images = LabelTable.of(Labels({'image': np.array([4, -1, 6])}), torch.device('cpu'))
    assert of_images.look_up(INDEX)['labels']['text'].tolist() == [-1, -1]


def test_labels_of_another_data_set_are_refused(table):
    table.check(INDEX)
    with pytest.raises(ValueError, match='text 2 of the data set has no .* are 2, .* another data'):
        table.check({**INDEX, 'text': torch.tensor([0, 2])})


def test_two_tables_share_no_entry():
    LabelTable().kinds['labels']['image'] = torch.zeros(1)
    assert LabelTable().labels == {}


def test_all_of_it_moves_to_a_device(table):
    moved = table.to(torch.device('meta'))
    devices = {x.device.type for named in moved.kinds.values() for x in named.values()}
    assert devices == {'meta'}
    assert table.labels['image'].device.type == 'cpu'
