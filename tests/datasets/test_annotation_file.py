"""An annotation file is one JSON list; everything else is named for what it is."""

import json
from pathlib import Path

import pytest

from cpcl_mm.datasets.annotation_file import describe_folder, read_annotation_file


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_returns_the_items_in_file_order(tmp_path):
    path = write(tmp_path / 'a.json', json.dumps([{'b': 1}, {'a': 2}, 3]))
    assert read_annotation_file(path) == [{'b': 1}, {'a': 2}, 3]


@pytest.mark.parametrize('prefix', [b'', b'\xef\xbb\xbf'], ids=['plain', 'byte order mark'])
def test_reads_captions_of_any_script(tmp_path, prefix):
    path = write(tmp_path / 'a.json', prefix + '["女子穿红衣", "café"]'.encode())
    assert read_annotation_file(path) == ['女子穿红衣', 'café']


def test_missing_file_is_answered_with_what_the_folder_holds(tmp_path):
    write(tmp_path / 'reid_raw.json', '[]')
    (tmp_path / 'imgs').mkdir()
    with pytest.raises(FileNotFoundError) as error:
        read_annotation_file(tmp_path / 'caption_all.json')
    assert f'{tmp_path / "caption_all.json"} does not exist' in str(error.value)
    assert 'holds: imgs/, reid_raw.json' in str(error.value)
    assert 'Set data_root and ann_file' in str(error.value)


def test_missing_folder_is_answered_with_the_nearest_one_above(tmp_path):
    (tmp_path / 'RSTPReid').mkdir()
    with pytest.raises(FileNotFoundError, match=r'CUHK does not exist; .* holds: RSTPReid/\.'):
        read_annotation_file(tmp_path / 'CUHK' / 'reid_raw.json')


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('[{"id": 1,', r'a\.json is not JSON: .*line 1 column'),
        ('', r'a\.json is not JSON'),
        (b'["\xff\xfe"]', r'a\.json is not UTF-8 text .*save it as UTF-8'),
        ('{"images": []}', r'a\.json holds a JSON object, expected a list'),
        ('"text"', r'holds a JSON string'),
        ('12', r'holds a JSON number'),
        ('[]', r'a\.json holds an empty list'),
    ],
)
def test_other_content_is_refused(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        read_annotation_file(write(tmp_path / 'a.json', content))


def test_long_folders_are_described_in_short(tmp_path):
    for number in range(5):
        write(tmp_path / f'{number}.jpg', '')
    assert describe_folder(tmp_path, limit=2) == f'{tmp_path} holds: 0.jpg, 1.jpg and 3 more'


def test_an_empty_folder_is_called_empty(tmp_path):
    assert describe_folder(tmp_path) == f'{tmp_path} is empty'
