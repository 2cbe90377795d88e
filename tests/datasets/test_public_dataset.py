"""What holds for each public data set: every record is loaded whole, or the error says why not."""

from itertools import permutations

import pytest

from cpcl_mm.datasets import CUHKPEDES, ICFGPEDES, PublicDataset, RSTPReid
from cpcl_mm.registry import DATASETS

TYPES = {type.public_name: type for type in (CUHKPEDES, ICFGPEDES, RSTPReid)}
IMAGE_KEYS = {'CUHK-PEDES': 'file_path', 'ICFG-PEDES': 'file_path', 'RSTPReid': 'img_path'}


@pytest.fixture(params=TYPES)
def name(request):
    return request.param


@pytest.fixture
def root(name, write_public_dataset, tmp_path):
    return write_public_dataset(name, tmp_path / name)


@pytest.fixture
def build(name, root):
    """Build the data set from a config; keyword arguments change it."""

    def build(**settings):
        config = dict(type=TYPES[name].__name__, data_root=str(root))
        return DATASETS.build(config | settings)

    return build


def test_every_record_of_a_split_is_loaded_whole(name, root, build, read_records):
    for split in TYPES[name].published:
        records = [record for record in read_records(root) if record['split'] == split]
        dataset = build(split=split)
        key = IMAGE_KEYS[name]
        assert [image.path for image in dataset.images] == [
            str(root / 'imgs' / record[key]) for record in records
        ]
        assert [list(image.captions) for image in dataset.images] == [
            record['captions'] for record in records
        ]
        assert dataset.identities.tolist() == [record['id'] for record in records]


def test_the_usual_folder_is_the_default(name, root, write_public_dataset, tmp_path, monkeypatch):
    write_public_dataset(name, tmp_path / 'data' / name)
    monkeypatch.chdir(tmp_path)
    dataset = DATASETS.build(dict(type=TYPES[name].__name__, view='retrieval', split='test'))
    assert dataset.ann_file.startswith(f'data/{name}/')
    assert dataset.metainfo['dataset'] == TYPES[name].__name__


def test_records_without_processed_tokens(name, write_public_dataset, build, root):
    complete = [image.captions for image in build().images]
    write_public_dataset(name, root, with_tokens=False)
    assert [image.captions for image in build().images] == complete


def test_other_keys_are_a_setting(build, edit_records, root, name):
    key = IMAGE_KEYS[name]
    edit_records(root, lambda record: record.update(picture=record.pop(key)))
    assert len(build(image_key='picture')) > 0


@pytest.mark.parametrize(('asked', 'found'), permutations(TYPES, 2))
def test_the_file_of_another_data_set_is_named(asked, found, write_public_dataset, tmp_path):
    root = write_public_dataset(found, tmp_path, ann_file='annotations.json')
    with pytest.raises(ValueError) as error:
        TYPES[asked](str(root), 'annotations.json')
    assert f'annotations.json looks like the annotation file of {found} ' in str(error.value)
    assert f"{asked} is to be loaded. Set type='{TYPES[found].__name__}'" in str(error.value)


def test_a_wrong_folder_is_answered_with_what_was_looked_for_and_what_is_there(name, tmp_path):
    (tmp_path / 'notes.txt').touch()
    with pytest.raises(FileNotFoundError) as error:
        TYPES[name](str(tmp_path))
    for file in (
        *filter(lambda each: isinstance(each, str), TYPES[name].ann_files),
        'test_reid.json',
    ):
        assert file in str(error.value)
    assert f'{tmp_path} holds: notes.txt. Set data_root to' in str(error.value)


def test_a_file_of_unknown_paths_is_let_through(annotate, record):
    root = annotate([record(img_path='x/a.jpg')]).parent
    assert len(RSTPReid(str(root))) == 1


def test_the_drawn_data_set_is_told_from_rstpreid(annotate, record):
    root = annotate([record(img_path=f'train/{n:04d}_0.jpg') for n in range(3)]).parent
    with pytest.raises(ValueError, match="of SyntheticPedes .*Set type='SyntheticPedes'"):
        RSTPReid(str(root))


def test_a_subclass_is_a_table_of_facts():
    class Mine(PublicDataset):
        """A data set whose authors gave out a file of this name."""

        public_name = 'Mine'
        ann_files = ('mine.json',)

    with pytest.raises(FileNotFoundError, match='no annotation file in data/Mine: looked for mine'):
        Mine()
