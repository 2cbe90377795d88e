import pytest
import torch

from cpcl_mm.models import Memory


class Last(Memory):
    """The features of the last batch."""

    def rebuild(self, labels, samples, device):
        self.state = {}

    def follow(self, batch):
        self.state = {'features': batch.features[self.labels]}


def test_a_memory_is_what_begins_it_and_what_it_follows(make_batch):
    memory, batch = Last('text'), make_batch([0, 0], [1, 1])
    memory.follow(batch)
    assert memory.state['features'] is batch.features['text']


def test_its_state_is_no_part_of_the_weights(make_batch):
    memory = Last('image')
    memory.state = {'features': torch.eye(2)}
    assert memory.state_dict() == {}


def test_it_needs_the_features_whose_labels_it_follows():
    assert Last('text').needs == {'text'}


def test_without_its_two_methods_it_is_no_memory():
    with pytest.raises(TypeError, match=r'follow.*rebuild'):
        Memory('image')
