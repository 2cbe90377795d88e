import pytest
import torch
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from cpcl_mm.datasets import stack_inputs
from cpcl_mm.models import ImageTextPreprocessor
from cpcl_mm.registry import FUNCTIONS

PREPROCESSOR = ImageTextPreprocessor(mean=[0.0, 100.0, 200.0], std=[1.0, 2.0, 4.0])


def item(number, image_size=(4, 2), with_text=True):
    image = torch.full((3, *image_size), number, dtype=torch.uint8)
    text = torch.tensor([number, 0]) if with_text else None
    return {'inputs': {'image': image, 'text': text, 'masked_text': None}, 'data_samples': number}


@pytest.mark.parametrize('num_workers', [0, 1])
def test_a_batch_has_one_tensor_for_each_input(num_workers):
    items = [item(number) for number in range(6)]
    (batch,) = DataLoader(items, batch_size=6, num_workers=num_workers, collate_fn=stack_inputs)
    assert torch.equal(batch['inputs']['image'][:, 0, 0, 0], torch.arange(6, dtype=torch.uint8))
    assert batch['inputs']['text'].tolist() == [[number, 0] for number in range(6)]
    assert batch['data_samples'] == list(range(6))


@pytest.mark.parametrize(
    'items',
    [
        [item(number) for number in range(3)],
        [item(1), item(2, with_text=False), item(3)],
        [item(1, with_text=False)],
    ],
    ids=['pairs', 'one without a caption', 'images alone'],
)
def test_the_model_gets_what_it_gets_of_single_tensors(items):
    one, other = (PREPROCESSOR(f(items))['inputs'] for f in (stack_inputs, pseudo_collate))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_images_of_different_size_are_left_for_the_preprocessor_to_refuse():
    batch = stack_inputs([item(1), item(2, image_size=(5, 2))])
    assert batch['inputs']['text'].shape == (2, 2)
    with pytest.raises(ValueError, match='images of one batch differ in size.*put a Resize'):
        PREPROCESSOR(batch)


def test_inputs_may_be_images_without_a_name():
    items = [{'inputs': torch.full((3, 4, 2), n), 'data_samples': n} for n in range(2)]
    assert stack_inputs(items)['inputs'].shape == (2, 3, 4, 2)


def test_each_view_of_test_time_augmentation_is_stacked():
    views = [{'inputs': [item(n)['inputs'], item(n + 9)['inputs']]} for n in range(3)]
    one, other = stack_inputs(views)['inputs']
    assert one['image'][:, 0, 0, 0].tolist() == [0, 1, 2]
    assert other['text'].tolist() == [[9, 0], [10, 0], [11, 0]]


def test_a_data_loader_config_finds_it_by_name():
    assert FUNCTIONS.get('cpcl_mm.stack_inputs') is stack_inputs
