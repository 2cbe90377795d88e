"""One set of records, four views of it, and nothing that changes after loading."""

import json
import pickle

import numpy as np
import pytest
from mmengine.config import ConfigDict
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.registry import DATASETS


@pytest.fixture
def dataset(pedes_root):
    """Six identities, two images each, two captions each: 12 images, 24 captions."""
    return ImageCaptionDataset('data_captions.json', data_root=str(pedes_root))


@pytest.fixture
def uneven(annotate, record):
    """Images of 2, 1 and 3 captions."""
    items = [
        record(id=4, img_path='a.jpg', captions=['a0', 'a1']),
        record(id=5, img_path='b.jpg', captions=['b0']),
        record(id=4, img_path='c.jpg', captions=['c0', 'c1', 'c2']),
    ]
    return ImageCaptionDataset('data_captions.json', data_root=str(annotate(items).parent))


@pytest.fixture
def pipeline(pedes_words):
    load = [dict(type='LoadImage'), dict(type='Resize', scale=(8, 16))]
    return [
        dict(type='OnImage', transforms=load),
        dict(type='Tokenize', tokenizer=dict(type='WordTokenizer', words=pedes_words)),
        dict(type='PackImageCaption'),
    ]


def indices(dataset):
    items = [dataset.get_item(number) for number in range(len(dataset))]
    return [(item['image_index'], item['caption_index']) for item in items]


def test_pairs_are_the_captions_in_order_with_their_images(uneven):
    assert indices(uneven) == [(0, 0), (0, 1), (1, 2), (2, 3), (2, 4), (2, 5)]
    item = uneven.get_item(4)
    assert item == {
        'modality': 'pair',
        'img_path': uneven.images[2].path,
        'caption': 'c1',
        'image_index': 2,
        'caption_index': 4,
        'identity': 4,
        'identity_label': 0,
        'sample_idx': 4,
    }


def test_images_are_each_image_once(uneven):
    view = uneven.with_view('images')
    assert indices(view) == [(0, -1), (1, -1), (2, -1)]
    assert all('caption' not in view.get_item(number) for number in range(3))
    assert view.get_item(1)['img_path'] == uneven.images[1].path


def test_captions_are_each_caption_once(uneven):
    view = uneven.with_view('captions')
    assert indices(view) == [(0, 0), (0, 1), (1, 2), (2, 3), (2, 4), (2, 5)]
    assert all('img_path' not in view.get_item(number) for number in range(6))
    assert [view.get_item(number)['caption'] for number in range(3)] == ['a0', 'a1', 'b0']


def test_retrieval_is_the_gallery_then_the_queries(uneven):
    view = uneven.with_view('retrieval')
    assert indices(view) == [
        *[(0, -1), (1, -1), (2, -1)],
        *[(0, 0), (0, 1), (1, 2), (2, 3), (2, 4), (2, 5)],
    ]
    items = [view.get_item(number) for number in range(9)]
    assert ['img_path' in item for item in items] == [True] * 3 + [False] * 6
    assert ['caption' in item for item in items] == [False] * 3 + [True] * 6
    assert [item['modality'] for item in items] == ['image'] * 3 + ['text'] * 6
    assert [item['identity'] for item in items] == [4, 5, 4, 4, 4, 5, 4, 4, 4]
    assert [item['identity_label'] for item in items] == [0, 1, 0, 0, 0, 1, 0, 0, 0]
    assert [item['sample_idx'] for item in items] == list(range(9))


@pytest.mark.parametrize('view', ['pairs', 'images', 'captions', 'retrieval'])
def test_the_length_ends_iteration(uneven, view):
    seen = list(uneven.with_view(view))
    assert len(seen) == len(uneven.with_view(view))
    for outside in (len(seen), -1):
        with pytest.raises(IndexError, match=f'item {outside} of a data set of {len(seen)}'):
            uneven.with_view(view)[outside]


def test_indices_and_identities_as_arrays(uneven):
    assert uneven.image_of_caption.tolist() == [0, 0, 1, 2, 2, 2]
    assert uneven.identities.tolist() == [4, 5, 4]
    assert uneven.image_of_caption.dtype == uneven.identities.dtype == np.int64
    assert uneven.captions[3] == ('c0', 2)


def test_identities_are_numbered_without_gaps_and_unknown_ones_have_none(annotate, record):
    identities = [900, None, 30, 900, None, 7]
    items = [record(id=one, img_path=f'{number}.jpg') for number, one in enumerate(identities)]
    dataset = ImageCaptionDataset('data_captions.json', data_root=str(annotate(items).parent))
    assert dataset.identity_labels.tolist() == [2, -1, 1, 2, -1, 0]
    assert dataset.identity_labels.dtype == np.int64
    assert [dataset.get_item(number)['identity_label'] for number in (0, 1)] == [2, -1]


def test_labels_of_another_data_set_are_refused(uneven):
    uneven.check_labels({'image': 3, 'text': 6})
    uneven.check_labels({'image': 3})
    message = 'has 4 image labels and 6 text labels, but .* has 3 images and 6 captions.*load_from'
    with pytest.raises(ValueError, match=message):
        uneven.check_labels({'image': 4, 'text': 6})


def test_siblings_share_the_records_and_keep_the_pipeline(dataset):
    packed = dataset.with_view('images', [lambda item: item['image_index']])
    assert packed.images is dataset.images
    assert list(packed) == list(range(12))
    assert list(packed.with_view('captions'))[:4] == [0, 0, 1, 1]
    assert dataset.view == 'pairs'
    assert len(dataset) == 24


def test_nothing_can_be_changed_after_loading(dataset):
    with pytest.raises(ValueError, match='read-only'):
        dataset.identities[0] = 3
    with pytest.raises(ValueError, match='read-only'):
        dataset.image_of_caption += 1
    with pytest.raises(AttributeError):
        dataset.images[0].captions = ()
    with pytest.raises(TypeError):
        dataset.captions[0] = ('other', 0)


def test_changing_an_item_leaves_the_data_set_as_it_is(dataset):
    def deface(item):
        item.update(caption='other', image_index=99)
        return item

    defaced = dataset.with_view('pairs', [deface])
    assert defaced[0]['caption'] == 'other'
    assert defaced.get_item(0) == dataset.get_item(0)


def test_an_unknown_view_is_refused(dataset):
    with pytest.raises(ValueError, match="view='gallery', expected one of pairs, images"):
        dataset.with_view('gallery')


def test_training_needs_no_identities_and_evaluation_does(make_pedes, tmp_path):
    root = str(make_pedes(tmp_path, with_ids=False))
    dataset = ImageCaptionDataset('data_captions.json', data_root=root, split='test')
    assert set(dataset.identities.tolist()) == {-1}
    with pytest.raises(ValueError) as error:
        dataset.with_view('retrieval')
    where = f"6 of the 6 images of split 'test' of {tmp_path / 'data_captions.json'}"
    assert f'{where} have no identity' in str(error.value)
    assert "(key 'id')" in str(error.value)
    assert '--image-is-identity makes every image its own' in str(error.value)


def test_evaluation_needs_the_identity_of_every_image(annotate, record):
    items = [record(), record(img_path='b.jpg', id=None)]
    ann_file = annotate(items)
    with pytest.raises(ValueError, match='1 of the 2 images'):
        ImageCaptionDataset(str(ann_file), data_root=str(ann_file.parent), view='retrieval')


def test_a_data_set_in_another_schema_is_a_few_lines_of_config(annotate):
    items = [{'file_path': 'cam_a/1.jpg', 'captions': ['x'], 'id': 1, 'split': 'val'}]
    ann_file = annotate(items, 'reid_raw.json', image_key='file_path')
    config = ConfigDict(
        type='ImageCaptionDataset',
        data_root=str(ann_file.parent),
        ann_file='reid_raw.json',
        split='val',
    )
    assert DATASETS.build(config).identities.tolist() == [1]


@pytest.mark.parametrize(
    ('name', 'text'),
    [
        (
            'a.jsonl',
            '{"file": "a.jpg", "captions": ["女", "b|c"], "id": 3, "split": "val"}\n'
            '{"file": "b.jpg", "captions": [" "], "split": "val"}\n',
        ),
        (
            'a.csv',
            'file,caption,id,split\na.jpg,女,3,val\nb.jpg,,,val\na.jpg,b|c,3,val\n',
        ),
    ],
    ids=['JSON lines', 'a table'],
)
def test_other_formats_are_told_by_the_suffix_of_the_file(annotate, record, name, text, logged):
    root = annotate([record()]).parent
    (root / name).write_text(text, encoding='utf-8')
    settings = dict(ann_file=name, data_root=str(root), split='val', image_key='file')
    with pytest.raises(ValueError, match=r'line \d of .* has captions?\[0\] = .* is empty'):
        ImageCaptionDataset(**settings)
    dataset = ImageCaptionDataset(**settings, bad_records='skip')
    assert dataset.captions == (('女', 0), ('b|c', 0))
    assert dataset.identities.tolist() == [3]
    place, key = ('line 2', 'captions') if name == 'a.jsonl' else ('line 3', 'caption')
    assert any(f'{place} has {key}[0] = ' in message for message in logged)


def test_every_split_may_have_a_file_of_its_own(annotate, record, tmp_path):
    root = annotate([record(), record(img_path='b.jpg')]).parent
    for name, path in (('train', 'a.jpg'), ('val', 'b.jpg')):
        (tmp_path / f'{name}_reid.json').write_text(
            json.dumps([{'file_path': path, 'image_id': 3, 'caption': 'a man'}])
        )
    files = dict(train='train_reid.json', val='val_reid.json')
    for split, path in (('train', 'a.jpg'), ('val', 'b.jpg'), ('validation', 'b.jpg')):
        dataset = ImageCaptionDataset(files, str(root), split=split, view='retrieval')
        assert [image.path for image in dataset.images] == [str(root / 'imgs' / path)]
        assert dataset.identities.tolist() == [3]
    with pytest.raises(ValueError, match="ann_file=.* names no file of split 'test'"):
        ImageCaptionDataset(files, str(root), split='test')
    with pytest.raises(ValueError, match=r"the key 'split'; .*ann_file=dict\(train='FILE'\)"):
        ImageCaptionDataset('train_reid.json', str(root))


def test_images_may_lie_anywhere(annotate, record, tmp_path):
    root = annotate([record()]).parent
    (root / 'imgs').rename(root / 'crops')
    dataset = ImageCaptionDataset('data_captions.json', str(root), dict(img_path='crops'))
    assert dataset.images[0].path == str(root / 'crops' / 'a.jpg')
    elsewhere = tmp_path / 'elsewhere.json'
    elsewhere.write_text(json.dumps([record(img_path=dataset.images[0].path)]))
    dataset = ImageCaptionDataset(str(elsewhere), data_prefix=dict(img_path=''))
    assert dataset.images[0].path == str(root / 'crops' / 'a.jpg')


def test_a_misspelled_prefix_is_refused(pedes_root):
    with pytest.raises(ValueError, match=r"data_prefix=\{'img': 'imgs'\} has no key 'img_path'"):
        ImageCaptionDataset('data_captions.json', str(pedes_root), dict(img='imgs'))


def test_settings_reach_the_loading(annotate, record):
    items = [record(), record(img_path='b.jpg'), record(img_path='c.jpg', captions=[])]
    ann_file = annotate(items)
    (ann_file.parent / 'imgs' / 'b.jpg').write_bytes(b'')
    settings = dict(ann_file='data_captions.json', data_root=str(ann_file.parent))
    with pytest.raises(ValueError, match='record 2'):
        ImageCaptionDataset(**settings)
    assert len(ImageCaptionDataset(**settings, bad_records='skip')) == 1
    assert len(ImageCaptionDataset(**settings, bad_records='skip', check_images='none')) == 2


def test_a_misspelled_transform_is_named(dataset):
    with pytest.raises(KeyError, match='Tokenizer is not in the'):
        dataset.with_view('pairs', [dict(type='Tokenizer')])


def test_a_transform_that_drops_an_item_is_an_error(dataset):
    with pytest.raises(ValueError, match='the pipeline made None of item 2'):
        dataset.with_view('pairs', [lambda item: None])[2]


def test_the_metainfo_describes_the_view(dataset):
    assert dataset.with_view('retrieval').metainfo == {
        'dataset': 'ImageCaptionDataset',
        'split': 'train',
        'view': 'retrieval',
        'num_images': 12,
        'num_captions': 24,
        'noisy_share': 0.0,
    }


def test_worker_processes_deliver_every_item_in_order(dataset, pipeline):
    view = dataset.with_view('retrieval', pipeline)
    batches = list(DataLoader(view, batch_size=7, num_workers=2, collate_fn=pseudo_collate))
    samples = [sample for batch in batches for sample in batch['data_samples']]
    images = [image for batch in batches for image in batch['inputs']['image']]
    texts = [text for batch in batches for text in batch['inputs']['text']]
    assert [sample.sample_idx for sample in samples] == list(range(36))
    # The second batch ends the gallery and begins the queries.
    assert [image is None for image in images] == [False] * 12 + [True] * 24
    assert [text is None for text in texts] == [True] * 12 + [False] * 24


def test_an_image_that_breaks_after_the_check_is_named_by_the_worker(annotate, record, pipeline):
    ann_file = annotate([record(), record(img_path='b.jpg')])
    dataset = ImageCaptionDataset(
        'data_captions.json', str(ann_file.parent), view='images', pipeline=pipeline
    )
    broken = ann_file.parent / 'imgs' / 'b.jpg'
    broken.write_bytes(b'gone')
    batches = iter(DataLoader(dataset, num_workers=1, collate_fn=pseudo_collate))
    next(batches)
    with pytest.raises(OSError, match=f'cannot load image {broken} .image 1 of the split, item 1'):
        next(batches)
    # Reading on to the end lets the worker stop at once.
    assert list(batches) == []


def test_a_copy_for_a_spawned_worker_is_equal(dataset, pipeline):
    view = dataset.with_view('pairs', pipeline)
    copied = pickle.loads(pickle.dumps(view))
    assert copied.images == view.images
    assert (copied[5]['inputs']['image'] == view[5]['inputs']['image']).all()
