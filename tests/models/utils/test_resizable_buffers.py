import torch
from torch import nn

from cpcl_mm.models.utils import ResizableBuffers


class Labels(ResizableBuffers, nn.Module):
    resizable_buffers = ('labels',)

    def __init__(self, size):
        super().__init__()
        self.register_buffer('labels', torch.arange(size))


def test_a_nested_module_loads_buffers_of_another_size():
    source, target = nn.Sequential(Labels(5)), nn.Sequential(Labels(0))
    target.load_state_dict(source.state_dict())
    assert target[0].labels.tolist() == [0, 1, 2, 3, 4]


def test_a_state_dict_without_the_buffer_leaves_it():
    target = Labels(2)
    target.load_state_dict({}, strict=False)
    assert target.labels.tolist() == [0, 1]
