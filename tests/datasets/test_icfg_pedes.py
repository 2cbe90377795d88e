"""ICFG-PEDES: one caption an image, no val split, and paths that name another data set's splits."""

import pytest

from cpcl_mm.datasets import ICFGPEDES


@pytest.fixture
def root(write_public_dataset, tmp_path):
    return write_public_dataset('ICFG-PEDES', tmp_path)


def test_only_the_key_split_counts(root):
    for split in ('train', 'test'):
        dataset = ICFGPEDES(str(root), split=split)
        folders = {
            image.path.removeprefix(f'{root}/imgs/').split('/')[0] for image in dataset.images
        }
        assert folders == {'train', 'test'}
    assert not set(ICFGPEDES(str(root)).images) & set(ICFGPEDES(str(root), split='test').images)


def test_every_image_has_one_caption(root):
    assert {len(image.captions) for image in ICFGPEDES(str(root)).images} == {1}


@pytest.mark.parametrize('name', ['ICFG-PEDES.json', 'ICFG_PEDES.json'])
def test_both_names_of_the_file_are_known(root, name):
    (root / 'ICFG-PEDES.json').rename(root / name)
    assert ICFGPEDES(str(root)).ann_file == str(root / name)


def test_the_missing_val_split_is_answered_with_what_to_do(root):
    with pytest.raises(ValueError) as error:
        ICFGPEDES(str(root), split='val', view='retrieval')
    assert "has no images of split 'val'" in str(error.value)
    assert '--no-validate' in str(error.value)
    assert 'the last checkpoint is tested' in str(error.value)
    assert 'val_cfg = val_dataloader = val_evaluator = None' in str(error.value)


def test_a_val_split_of_ones_own_is_loaded(root, edit_records):
    edit_records(root, lambda record: record.update(split='val') if record['id'] == 0 else None)
    assert set(ICFGPEDES(str(root), split='val').identities.tolist()) == {0}


def test_published_figures_add_up_to_those_of_the_paper():
    assert sum(split.images for split in ICFGPEDES.published.values()) == 54_522
    assert sum(split.identities for split in ICFGPEDES.published.values()) == 4_102
    assert all(split.images == split.captions for split in ICFGPEDES.published.values())
