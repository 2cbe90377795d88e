"""The suffix of an annotation file tells its format; what is missing is named."""

import json
from pathlib import Path

import pytest

from cpcl_mm.datasets.annotation_file import (
    describe_folder,
    find_annotation_file,
    read_annotation_file,
)
from cpcl_mm.datasets.records import RecordKeys


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


RECORDS = [
    {'img_path': 'b.jpg', 'captions': ['女子穿红衣', 'café'], 'split': 'val', 'id': 7},
    {'img_path': 'a.jpg', 'captions': ['a man'], 'split': 'train'},
]
LINES = '\n'.join(map(json.dumps, RECORDS))
TABLE = 'img_path,caption,split,id\nb.jpg,女子穿红衣,val,7\nb.jpg,café,val,7\na.jpg,a man,train,\n'


@pytest.mark.parametrize('mark', ['', '\ufeff'], ids=['plain', 'byte order mark'])
@pytest.mark.parametrize(
    ('name', 'content', 'place'),
    [
        ('a.json', json.dumps(RECORDS), 'record 1 (from 0)'),
        ('a.txt', json.dumps(RECORDS), 'record 1 (from 0)'),
        ('a.jsonl', LINES, 'line 2'),
        ('a.NDJSON', LINES, 'line 2'),
        ('a.csv', TABLE, 'line 4'),
    ],
)
def test_every_format_holds_the_same_records(tmp_path, name, content, place, mark):
    annotations = read_annotation_file(write(tmp_path / name, mark + content))
    assert annotations.items == RECORDS
    assert annotations.place(1) == place


def test_the_columns_of_a_table_have_the_names_of_the_keys(tmp_path):
    path = write(tmp_path / 'a.csv', 'file,text,part,person\na.jpg,one|two,val,3\n')
    assert read_annotation_file(path, RecordKeys('file', 'text', 'person', 'part')).items == [
        {'file': 'a.jpg', 'text': ['one', 'two'], 'part': 'val', 'person': 3}
    ]


def test_a_folder_is_answered_with_the_tool_that_makes_a_file_of_it(tmp_path):
    with pytest.raises(FileNotFoundError, match='is a folder; tools/convert_annotations.py makes'):
        read_annotation_file(tmp_path)


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


def test_the_first_of_several_names_is_found(tmp_path):
    for name in ('b.json', 'a.json'):
        write(tmp_path / name, '[]')
        assert find_annotation_file(tmp_path, ('none.json', 'a.json', 'b.json')).name == name


def test_a_folder_without_any_of_the_names_is_answered_with_what_it_holds(tmp_path):
    write(tmp_path / 'c.json', '[]')
    with pytest.raises(FileNotFoundError) as error:
        find_annotation_file(tmp_path, ('a.json', 'b.json'))
    assert str(error.value) == (
        f'no annotation file in {tmp_path}: looked for a.json and b.json, but {tmp_path} holds: '
        'c.json. Set data_root to where the data set lies, or ann_file to a file of another name.'
    )


def test_long_folders_are_described_in_short(tmp_path):
    for number in range(5):
        write(tmp_path / f'{number}.jpg', '')
    assert describe_folder(tmp_path, limit=2) == f'{tmp_path} holds: 0.jpg, 1.jpg and 3 more'


def test_an_empty_folder_is_called_empty(tmp_path):
    assert describe_folder(tmp_path) == f'{tmp_path} is empty'
