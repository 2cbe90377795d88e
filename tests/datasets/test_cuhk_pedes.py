"""CUHK-PEDES: images of seven folders, ids from 1, and an annotation file of two names."""

from pathlib import Path

import pytest

from cpcl_mm.datasets import CUHKPEDES


@pytest.fixture
def root(write_public_dataset, tmp_path):
    return write_public_dataset('CUHK-PEDES', tmp_path, identities=dict(train=9, val=2, test=2))


def test_images_of_all_folders_and_formats(root):
    paths = [Path(image.path) for image in CUHKPEDES(str(root), check_images='decode').images]
    assert {path.parent.name for path in paths} == {
        *('cam_a', 'cam_b', 'CUHK01', 'CUHK03', 'Market', 'test_query', 'train_query')
    }
    assert {path.suffix for path in paths} == {'.png', '.bmp', '.jpg'}


def test_most_images_have_two_captions_and_some_have_more(root):
    numbers = [len(image.captions) for image in CUHKPEDES(str(root)).images]
    assert set(numbers) == {2, 3}
    assert len(CUHKPEDES(str(root))) == sum(numbers)


def test_ids_are_taken_as_they_are(root):
    assert CUHKPEDES(str(root)).identities.min() == 1


def test_the_newer_name_of_the_file_is_known(root):
    (root / 'reid_raw.json').rename(root / 'caption_all.json')
    assert CUHKPEDES(str(root)).ann_file == str(root / 'caption_all.json')


def test_the_file_that_has_the_splits_is_read_first(root):
    (root / 'caption_all.json').write_text('[]')
    assert CUHKPEDES(str(root)).ann_file == str(root / 'reid_raw.json')


def test_a_file_without_splits_is_answered_with_the_one_that_has_them(root, edit_records):
    edit_records(root, lambda record: record.pop('split'))
    (root / 'reid_raw.json').rename(root / 'caption_all.json')
    with pytest.raises(ValueError) as error:
        CUHKPEDES(str(root))
    assert "caption_all.json has the key 'split'" in str(error.value)
    assert 'reid_raw.json has them: put it beside' in str(error.value)


def test_published_figures_add_up_to_those_of_the_paper():
    assert sum(split.images for split in CUHKPEDES.published.values()) == 40_206
    assert sum(split.identities for split in CUHKPEDES.published.values()) == 13_003
    assert CUHKPEDES.published['train'].captions_in_papers == 68_108
