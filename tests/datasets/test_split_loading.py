"""A split is loaded whole, or the error (or one warning) says which record, why, and what to do."""

import pytest

from cpcl_mm.datasets.names import RecordKeys
from cpcl_mm.datasets.split_loading import Source, load_split


def load(ann_file, split='train', keys=None, repeated_images='merge', **settings):
    keys = keys or RecordKeys()
    source = Source(ann_file, ann_file.parent / 'imgs', keys, repeated_images=repeated_images)
    return load_split(source, split, **settings)


def test_only_the_records_of_the_split_come_back(annotate, record):
    ann_file = annotate(
        [record(), record(img_path='b.jpg', split='test'), record(img_path='c.jpg', id=4)]
    )
    assert [(image.path, image.identity) for image in load(ann_file)] == [
        (str(ann_file.parent / 'imgs' / 'a.jpg'), 0),
        (str(ann_file.parent / 'imgs' / 'c.jpg'), 4),
    ]


def test_the_first_unusable_record_is_an_error(annotate, record):
    ann_file = annotate([record(), record(img_path='b.jpg', captions=[]), 'x'])
    with pytest.raises(ValueError) as error:
        load(ann_file)
    assert str(error.value) == (
        f'record 1 (from 0) of {ann_file} has no caption (captions = []); add one or remove the '
        "record. Unusable records in all: 2 of 3; bad_records='skip' leaves them out."
    )


def test_unusable_records_of_other_splits_do_no_harm(annotate, record):
    ann_file = annotate([record(), record(img_path='b.jpg', captions=[], split='test')])
    assert len(load(ann_file, 'train')) == 1
    with pytest.raises(ValueError, match='record 1 '):
        load(ann_file, 'test')


@pytest.mark.parametrize('split', ['train', 'test'])
def test_unusable_records_that_name_no_split_may_be_of_any(annotate, record, split):
    ann_file = annotate([record(), record(img_path='b.jpg', split='test'), record(split=None)])
    with pytest.raises(ValueError, match='record 2 .* has split = None'):
        load(ann_file, split)


def test_skipping_leaves_out_and_warns_once(annotate, record, logged):
    bad = [record(img_path=f'{n}.jpg', captions=[]) for n in range(5)]
    ann_file = annotate([*bad, record(), record(img_path='b.jpg', split='test')])
    assert len(load(ann_file, bad_records='skip')) == 1
    assert len(load(ann_file, 'test', bad_records='skip')) == 1
    assert len(logged) == 1
    assert f'{ann_file}: skipped 5 of 6 unusable records, such as' in logged[0]
    assert 'record 0 (from 0) has no caption' in logged[0]
    assert logged[0].count('has no caption') == 3


def test_a_split_of_unusable_records_alone_is_an_error_under_every_setting(annotate, record):
    ann_file = annotate([record(), record(img_path='b.jpg', captions=[], split='test')])
    with pytest.raises(ValueError, match="no images of split 'test'"):
        load(ann_file, 'test', bad_records='skip')


def test_an_edited_file_is_read_anew(annotate, record):
    ann_file = annotate([record()])
    assert len(load(ann_file)) == 1
    annotate([record(), record(img_path='b.jpg')])
    assert len(load(ann_file)) == 2


def test_a_missing_image_names_record_and_file(annotate, record):
    ann_file = annotate([record(), record(img_path='b.jpg')])
    missing = ann_file.parent / 'imgs' / 'b.jpg'
    missing.unlink()
    with pytest.raises(ValueError, match='record 1 .* has an image that does not exist: ') as error:
        load(ann_file)
    assert str(missing) in str(error.value)


def test_an_image_that_is_no_image(annotate, record):
    ann_file = annotate([record(), record(img_path='b.jpg')])
    (ann_file.parent / 'imgs' / 'b.jpg').write_bytes(b'GIF?')
    with pytest.raises(ValueError, match='record 1 .* that is not a readable image'):
        load(ann_file)
    assert len(load(ann_file, check='none')) == 2


@pytest.mark.parametrize('asked', ['val', 'validation'])
def test_a_split_is_found_by_the_name_of_the_file_and_by_that_of_configs(annotate, record, asked):
    ann_file = annotate([record(split='Validation')])
    assert len(load(ann_file, split=asked)) == 1


def test_a_truncated_image_is_skipped_with_a_warning(annotate, record, logged):
    ann_file = annotate([record(), record(img_path='b.jpg')])
    broken = ann_file.parent / 'imgs' / 'b.jpg'
    broken.write_bytes(broken.read_bytes()[:-10])
    assert [image.number for image in load(ann_file, bad_records='skip')] == [0]
    assert len(logged) == 1
    assert 'skipped 1 of 2 unusable records' in logged[0]
    assert f'truncated: the end of the image is missing: {broken}' in logged[0]


def test_no_readable_image_at_all_is_an_error_under_every_setting(annotate, record):
    ann_file = annotate([record()])
    (ann_file.parent / 'imgs' / 'a.jpg').rename(ann_file.parent / 'imgs' / 'other.jpg')
    with pytest.raises(ValueError, match=r'no image of the split .*imgs holds: other\.jpg'):
        load(ann_file, bad_records='skip')


def test_a_missing_image_folder_is_answered_with_what_is_there(annotate, record):
    ann_file = annotate([record()])
    (ann_file.parent / 'imgs').rename(ann_file.parent / 'images')
    with pytest.raises(FileNotFoundError, match='imgs does not exist; ') as error:
        load(ann_file)
    assert 'holds: data_captions.json, images/' in str(error.value)
    assert 'Set data_prefix=dict(img_path=...)' in str(error.value)


def test_the_file_of_another_data_set_is_answered_with_its_keys(annotate):
    items = [{'id': 1, 'picture': 'a.jpg', 'captions': ['x'], 'split': 'train'}]
    ann_file = annotate(items, image_key='picture')
    with pytest.raises(ValueError, match="has the key 'img_path' .*the keys in it are") as error:
        load(ann_file, bad_records='skip')
    assert 'captions, id, picture, split' in str(error.value)
    assert 'name its keys by image_key' in str(error.value)
    assert len(load(ann_file, keys=RecordKeys.named(image='picture'))) == 1


def test_merged_records_are_counted_in_the_log(annotate, record, logged):
    ann_file = annotate([record(), record(captions=['he walks']), record(img_path='b.jpg')])
    for _ in range(2):
        assert len(load(ann_file)) == 2
    assert logged == [
        f'{ann_file}: 1 records repeat the image of an earlier one, and their captions were merged '
        'into it'
    ]
    with pytest.raises(ValueError, match='record 1 .* shows the same image as record 0'):
        load(ann_file, repeated_images='error')
    assert len(load(ann_file, repeated_images='error', bad_records='skip')) == 2


def test_an_unknown_split_is_answered_with_the_splits_there(annotate, record):
    ann_file = annotate([record(), record(img_path='b.jpg', split='test')])
    with pytest.raises(ValueError) as error:
        load(ann_file, 'val')
    assert "no images of split 'val'" in str(error.value)
    assert "'train' (1 images), 'test' (1 images)" in str(error.value)


@pytest.mark.parametrize('name', ['bad_records', 'repeated_images'])
def test_an_unknown_setting_is_refused(annotate, record, name):
    with pytest.raises(ValueError, match=f"{name}='ignore', expected one of "):
        load(annotate([record()]), **{name: 'ignore'})
