"""Where a copy lies and what it should hold, by its name."""

from pathlib import Path

import pytest

from cpcl_mm.datasets import ICFGPEDES
from cpcl_mm.datasets.counts import PublishedCounts
from cpcl_mm.datasets.records import RecordKeys
from cpcl_mm.datasets.verification import locate
from cpcl_mm.synthetic import SyntheticSettings, ensure_synthetic_pedes


def test_a_public_data_set_is_known_by_its_name(tmp_path):
    (tmp_path / 'ICFG_PEDES.json').touch()
    copy = locate('ICFG-PEDES', tmp_path)
    assert copy.ann_file == tmp_path / 'ICFG_PEDES.json'
    assert copy.image_root == tmp_path / 'imgs'
    assert copy.keys == RecordKeys(image='file_path')
    assert copy.expected == ICFGPEDES.published
    assert copy.is_public


def test_the_usual_folder_is_the_default(tmp_path, monkeypatch):
    (tmp_path / 'data' / 'RSTPReid').mkdir(parents=True)
    (tmp_path / 'data' / 'RSTPReid' / 'data_captions.json').touch()
    monkeypatch.chdir(tmp_path)
    assert locate('RSTPReid').ann_file == Path('data/RSTPReid/data_captions.json')


def test_files_folders_and_keys_may_have_other_names(tmp_path):
    keys = dict(image='file', split='part')
    copy = locate('ImageCaptionDataset', tmp_path, 'a/mine.json', 'crops', keys)
    assert copy.ann_file == tmp_path / 'a' / 'mine.json'
    assert copy.image_root == tmp_path / 'crops'
    assert copy.keys == RecordKeys(image='file', split='part')
    assert copy.expected == {}
    assert not copy.is_public


def test_the_built_in_data_set_says_itself_what_it_holds(tmp_path):
    sizes = dict(train_identities=2, val_identities=1, test_identities=1)
    settings = SyntheticSettings(**sizes, images_per_identity=1, height=32, width=16)
    ensure_synthetic_pedes(tmp_path, settings, workers=1)
    assert locate('SyntheticPedes', tmp_path).expected == {
        'train': PublishedCounts(2, 2, 4),
        'val': PublishedCounts(1, 1, 2),
        'test': PublishedCounts(1, 1, 2),
    }


def test_a_wrong_folder_is_answered_with_what_is_there(tmp_path):
    (tmp_path / 'notes.txt').touch()
    with pytest.raises(FileNotFoundError, match=r'reid_raw.json and caption_all.json, but .*notes'):
        locate('CUHK-PEDES', tmp_path)


def test_another_data_set_needs_its_file_named(tmp_path):
    with pytest.raises(ValueError, match='name it by --ann-file'):
        locate('ImageCaptionDataset', tmp_path)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="unknown data set 'CUHK', expected one of CUHK-PEDES, "):
        locate('CUHK')
