"""Packing turns an item into the tensors and the data sample of a retriever."""

import numpy as np
import torch
from mmpretrain.structures import DataSample

from cpcl_mm.datasets.transforms import PackImageCaption

META = {
    'modality': 'pair',
    'image_index': 2,
    'caption_index': 5,
    'identity': 7,
    'identity_label': 3,
    'sample_idx': 5,
}


def test_a_pair():
    image = np.random.default_rng(0).integers(0, 256, (6, 4, 3), dtype=np.uint8)
    text = torch.arange(3)
    item = META | {'img': image, 'text': text, 'img_path': 'a.jpg', 'caption': 'a man', 'flip': 1}
    packed = PackImageCaption()(item)
    assert packed['inputs']['image'].dtype == torch.uint8
    assert packed['inputs']['image'].is_contiguous()
    np.testing.assert_array_equal(packed['inputs']['image'].numpy(), image.transpose(2, 0, 1))
    assert packed['inputs']['text'] is text
    sample = packed['data_samples']
    assert isinstance(sample, DataSample)
    assert sample.metainfo == META | {'img_path': 'a.jpg', 'caption': 'a man'}


def test_a_flipped_view_of_an_image_is_packed_as_it_looks():
    image = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)[:, ::-1]
    packed = PackImageCaption()({'img': image})
    np.testing.assert_array_equal(packed['inputs']['image'].numpy(), image.transpose(2, 0, 1))


def test_a_masked_caption_is_packed_beside_the_whole_one():
    item = META | {'text': torch.arange(3), 'masked_text': torch.ones(3)}
    inputs = PackImageCaption()(item)['inputs']
    assert inputs['masked_text'] is item['masked_text']
    assert inputs['text'] is item['text']


def test_what_an_item_lacks_is_none():
    image = PackImageCaption()(META | {'img': np.zeros((6, 4, 3), np.uint8), 'img_path': 'a.jpg'})
    assert image['inputs']['text'] is None
    assert image['inputs']['masked_text'] is None
    assert 'caption' not in image['data_samples']
    caption = PackImageCaption()(META | {'text': torch.arange(3), 'caption': 'a man'})
    assert caption['inputs']['image'] is None
    assert 'img_path' not in caption['data_samples']


def test_further_inputs_by_the_names_that_a_config_gives_them():
    keys = dict(masked_labels='masked_labels', augmented_image='second_img', age='years')
    image = np.random.default_rng(0).integers(0, 256, (6, 4, 3), dtype=np.uint8)
    item = {
        'img': image,
        'second_img': image[::-1],
        'years': 30,
        'masked_labels': np.array([-1, 5]),
    }
    inputs = PackImageCaption(keys=keys)(item)['inputs']
    assert inputs.keys() == {'image', 'text', 'masked_text', *keys}
    expected = image[::-1].transpose(2, 0, 1)
    np.testing.assert_array_equal(inputs['augmented_image'].numpy(), expected)
    assert inputs['masked_labels'].tolist() == [-1, 5]
    assert (inputs['age'].shape, inputs['age'].item()) == ((), 30)


def test_an_input_may_be_made_of_another_key_of_the_item():
    packed = PackImageCaption(keys=dict(image='second_img'))({'second_img': np.zeros((6, 4, 3))})
    assert packed['inputs']['image'].shape == (3, 6, 4)


def test_its_settings_do_not_leak_into_another():
    PackImageCaption(keys=dict(age='years'))
    assert PackImageCaption().keys.keys() == PackImageCaption.KEYS.keys()
    assert "'age': 'years'" in repr(PackImageCaption(keys=dict(age='years')))


def test_other_meta_keys():
    packed = PackImageCaption(meta_keys=['flip'])(META | {'flip': True})
    assert packed['data_samples'].metainfo == {'flip': True}
