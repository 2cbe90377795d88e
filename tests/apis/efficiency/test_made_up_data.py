import pytest
import torch

from cpcl_mm.apis.efficiency.made_up_data import MadeUpItems, label_at_random
from cpcl_mm.models import ClusterContrastHead, PrototypicalMemoryHead

PIPELINE = [
    dict(
        type='OnImage',
        transforms=[dict(type='LoadImage'), dict(type='Resize', scale=(16, 32))],
    ),
    dict(type='Tokenize', tokenizer=dict(type='WordTokenizer')),
    dict(type='PackImageCaption'),
]


@pytest.mark.parametrize(
    ('view', 'has_image', 'has_text'),
    [('pairs', True, True), ('images', True, False), ('captions', False, True)],
)
def test_items_have_gone_through_the_pipeline(view, has_image, has_text):
    batch = MadeUpItems(PIPELINE, view).batch(3)
    images, texts = batch['inputs']['image'], batch['inputs']['text']
    assert [image is not None for image in images] == [has_image] * 3
    assert [text is not None for text in texts] == [has_text] * 3
    if has_image:
        assert images[0].shape == (3, 32, 16)
    samples = batch['data_samples']
    assert [sample.image_index for sample in samples] == [0, 1, 2]
    assert [sample.caption_index for sample in samples] == ([0, 1, 2] if has_text else [-1] * 3)


def test_the_file_has_the_size_that_is_asked_for():
    (shape,) = MadeUpItems([dict(type='LoadImage')], 'images', (40, 20)).batch(1)['img']
    assert shape.shape == (40, 20, 3)


@pytest.mark.parametrize('kind', [PrototypicalMemoryHead, ClusterContrastHead])
def test_labels_make_a_cluster_of_every_four_images(kind):
    head = kind()
    label_at_random(head, num_images=12, num_captions=30, dims=8, device=torch.device('cpu'))
    assert head.labels['image'].bincount().tolist() == [4, 4, 4]
    assert head.labels['text'].bincount().tolist() == [10, 10, 10]
    for memory in head.memories.values():
        assert memory.prototypes.shape == (3, 8)
        torch.testing.assert_close(memory.prototypes.norm(dim=1), torch.ones(3))


def test_a_head_that_takes_no_labels_is_left_alone():
    head = torch.nn.Linear(8, 2)
    label_at_random(head, num_images=12, num_captions=30, dims=8, device=torch.device('cpu'))
    assert vars(head).keys() == vars(torch.nn.Linear(8, 2)).keys()
