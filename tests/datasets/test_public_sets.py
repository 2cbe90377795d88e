"""Each public data set, read from small files of its schema."""

import json
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from cpcl_mm.datasets import (
    AERIPEDES,
    CUHKPEDES,
    ICFGPEDES,
    RSTPReid,
)
from cpcl_mm.registry import DATASETS

CHINESE = '一个穿红色上衣的女子，背着黑色书包。'
LONG = 'The person wears a red jacket with a small white logo on the left of the chest. ' * 5
LIST = dict(file_path='{}', id=7, captions=['a man', 'he walks'])

SCHEMAS = {
    'UFine6926': ('UFine6926_Annotations.json', 'images/{}.jpg', dict(captions=[LONG, LONG])),
    'UFine3C': (
        'UFine3C_Annotations.json',
        'images/{}.jpg',
        dict(source='UFine6926', captions=[LONG] * 6),
    ),
    'TAGPEDES': ('{}_reid.json', 'imgs/{}.jpg', dict(cam_id=3)),
    'PRWTPSCN': ('prw_cn_caption_crops.json', 'imgs/{}.jpg', dict(captions=[CHINESE, CHINESE])),
    'AERIPEDES': ('complete_caption.json', 'imgs/{}.jpg', {}),
    'CUHKPEDES': ('{}_reid.json', 'imgs/cam_a/{}.jpg', dict(captions_bt=['ein Mann'])),
    'ICFGPEDES': ('{}_reid.json', 'imgs/test/0001/{}.jpg', {}),
    'RSTPReid': ('{}_reid.json', 'imgs/0_c1_{}.jpg', {}),
    'SYNTHPEDES': (
        'synthpedes_dataset.json',
        'Part1/7/{}.jpg',
        dict(attributes=['man,black hair'], prompt_caption=['A man with black hair.']),
    ),
}
"""Type: annotation file, image files, and what a record has beside path, identity and captions."""

MAPS = {
    'LUPersonMLLM': ('Ts-qwen.json', 'imgs/', lambda image: (image, 'a man')),
    'HAMPEDES': ('caption.json', '', lambda image: (image, ['a man', 'he walks'])),
    'WebPerson': ('web.json', 'imgs/', lambda image: (image, dict(caption1='a man', caption2='x'))),
}


def draw(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new('RGB', (8, 16), 'red').save(path)


@pytest.fixture(params=SCHEMAS)
def written(request, tmp_path):
    """Type and root of a small copy: two images of each split, of a person each."""
    file, image, more = SCHEMAS[request.param]
    folder = DATASETS.get(request.param).image_folder
    by_file = {}
    has_splits = request.param != 'SYNTHPEDES' and '{}' not in file
    for number, split in enumerate(['train', 'train', 'test', 'test']):
        path = image.format(number)
        draw(tmp_path / path)
        record = dict(LIST, file_path=path.removeprefix(f'{folder}/' if folder else ''), id=number)
        record |= more | ({'split': split} if has_splits else {})
        by_file.setdefault(file.format(split), []).append(record)
    for name, records in by_file.items():
        (tmp_path / name).write_text(json.dumps(records, ensure_ascii=False), encoding='utf-8')
    return request.param, tmp_path


def test_its_schema_is_read_whole(written):
    name, root = written
    split = 'test' if name == 'UFine3C' else 'train'
    dataset = DATASETS.build(dict(type=name, data_root=str(root), split=split, view='pairs'))
    expected = dict(LIST, **SCHEMAS[name][2])['captions']
    size = 4 if name == 'SYNTHPEDES' else 2
    assert [list(image.captions) for image in dataset.images] == [expected] * size
    assert len(set(dataset.identities.tolist())) == size
    assert all(Path(image.path).is_file() for image in dataset.images)
    assert dataset.metainfo['dataset'] == name


def test_what_is_not_for_pretraining_can_be_evaluated(written):
    name, root = written
    if name == 'SYNTHPEDES':
        with pytest.raises(ValueError, match="names no file of split 'test'"):
            DATASETS.build(dict(type=name, data_root=str(root), split='test'))
    else:
        dataset = DATASETS.build(
            dict(type=name, data_root=str(root), split='test', view='retrieval')
        )
        assert len(dataset.images) == 2


@pytest.mark.parametrize('name', MAPS)
def test_maps_for_pretraining_are_the_split_train(name, tmp_path):
    file, folder, entry = MAPS[name]
    images = ['p1/a.jpg', 'p2/b.jpg']
    for image in images:
        draw(tmp_path / folder / image)
    entries = [entry(image) for image in images]
    content = [dict([each]) for each in entries] if name == 'WebPerson' else dict(entries)
    (tmp_path / file).write_text(json.dumps(content))
    config = dict(type=name, data_root=str(tmp_path))
    if name == 'WebPerson':
        with pytest.raises(
            FileNotFoundError, match='WebPerson has no usual name of its annotation'
        ):
            DATASETS.build(config)
        config['ann_file'] = dict(train=file)
    dataset = DATASETS.build(config)
    assert [Path(image.path).name for image in dataset.images] == ['a.jpg', 'b.jpg']
    assert dataset.images[0].captions[0] == 'a man'
    assert set(dataset.identities.tolist()) == {-1}


def test_a_sampled_train_file_of_aeri_pedes(tmp_path):
    draw(tmp_path / 'imgs' / 'a.jpg')
    record = dict(file_path='a.jpg', id=1, captions=['x'])
    (tmp_path / 'train_caption.json').write_text(json.dumps([record]))
    assert len(AERIPEDES(str(tmp_path), dict(train='train_caption.json'))) == 1


def test_published_figures_add_up_to_those_of_the_papers():
    totals = {
        type: [
            sum(getattr(split, quantity) for split in type.published.values())
            for quantity in ('identities', 'images')
        ]
        for type in (CUHKPEDES, ICFGPEDES, RSTPReid)
    }
    assert totals == {
        CUHKPEDES: [13_003, 40_206],
        ICFGPEDES: [4_102, 54_522],
        RSTPReid: [4_101, 20_505],
    }
    assert CUHKPEDES.published['train'].captions_in_papers == 68_108
    assert all(split.images == split.captions for split in ICFGPEDES.published.values())
    assert all(split.captions == 2 * split.images for split in RSTPReid.published.values())


class TestCUHKPEDES:
    @pytest.fixture
    def root(self, write_public_dataset, tmp_path):
        return write_public_dataset('CUHK-PEDES', tmp_path, identities=dict(train=9, val=2, test=2))

    def test_images_of_all_folders_and_formats(self, root):
        paths = [Path(image.path) for image in CUHKPEDES(str(root), check_images='decode').images]
        assert {path.parent.name for path in paths} == {
            *('cam_a', 'cam_b', 'CUHK01', 'CUHK03', 'Market', 'test_query', 'train_query')
        }
        assert {path.suffix for path in paths} == {'.png', '.bmp', '.jpg'}

    def test_most_images_have_two_captions_and_some_have_more(self, root):
        numbers = [len(image.captions) for image in CUHKPEDES(str(root)).images]
        assert set(numbers) == {2, 3}
        assert len(CUHKPEDES(str(root))) == sum(numbers)

    def test_ids_are_taken_as_they_are(self, root):
        assert CUHKPEDES(str(root)).identities.min() == 1

    def test_the_newer_name_of_the_file_is_known(self, root):
        (root / 'reid_raw.json').rename(root / 'caption_all.json')
        assert CUHKPEDES(str(root)).ann_file == str(root / 'caption_all.json')

    def test_the_file_that_has_the_splits_is_read_first(self, root):
        (root / 'caption_all.json').write_text('[]')
        assert CUHKPEDES(str(root)).ann_file == str(root / 'reid_raw.json')

    def test_a_file_without_splits_is_answered_with_the_one_that_has_them(self, root, edit_records):
        edit_records(root, lambda record: record.pop('split'))
        (root / 'reid_raw.json').rename(root / 'caption_all.json')
        with pytest.raises(ValueError) as error:
            CUHKPEDES(str(root))
        assert "caption_all.json has the key 'split'" in str(error.value)
        assert 'reid_raw.json has them: put it beside' in str(error.value)


class TestICFGPEDES:
    @pytest.fixture
    def root(self, write_public_dataset, tmp_path):
        return write_public_dataset('ICFG-PEDES', tmp_path)

    def test_only_the_key_split_counts(self, root):
        for split in ('train', 'test'):
            dataset = ICFGPEDES(str(root), split=split)
            folders = {
                image.path.removeprefix(f'{root}/imgs/').split('/')[0] for image in dataset.images
            }
            assert folders == {'train', 'test'}
        assert not set(ICFGPEDES(str(root)).images) & set(ICFGPEDES(str(root), split='test').images)

    def test_every_image_has_one_caption(self, root):
        assert {len(image.captions) for image in ICFGPEDES(str(root)).images} == {1}

    @pytest.mark.parametrize('name', ['ICFG-PEDES.json', 'ICFG_PEDES.json'])
    def test_both_names_of_the_file_are_known(self, root, name):
        (root / 'ICFG-PEDES.json').rename(root / name)
        assert ICFGPEDES(str(root)).ann_file == str(root / name)

    def test_the_missing_val_split_is_answered_with_what_to_do(self, root):
        with pytest.raises(ValueError) as error:
            ICFGPEDES(str(root), split='val', view='retrieval')
        assert "has no images of split 'val'" in str(error.value)
        assert '--no-validate' in str(error.value)
        assert 'the last checkpoint is tested' in str(error.value)
        assert 'val_cfg = val_dataloader = val_evaluator = None' in str(error.value)

    def test_a_val_split_of_ones_own_is_loaded(self, root, edit_records):
        edit_records(root, lambda record: record.update(split='val') if record['id'] == 0 else None)
        assert set(ICFGPEDES(str(root), split='val').identities.tolist()) == {0}


def test_five_images_a_person_and_two_captions_each(write_public_dataset, tmp_path):
    root = str(write_public_dataset('RSTPReid', tmp_path))
    for split, people in {'train': 6, 'val': 3, 'test': 3}.items():
        dataset = RSTPReid(root, split=split)
        assert Counter(Counter(dataset.identities.tolist()).values()) == {5: people}
        assert {len(image.captions) for image in dataset.images} == {2}
