"""The suffix of an annotation file tells its format; what is missing is named."""

import json
from pathlib import Path

import pytest

from cpcl_mm.datasets.annotation_file import describe_folder, read_annotation_file
from cpcl_mm.datasets.names import RecordKeys


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


RECORDS = [
    {'img_path': 'b.jpg', 'captions': ['女子穿红衣', 'café'], 'split': 'val', 'id': 7},
    {'img_path': 'a.jpg', 'captions': ['a man'], 'split': 'train'},
]
LINES = '\n'.join(map(json.dumps, RECORDS))
TABLE = 'img_path,captions,split,id\nb.jpg,女子穿红衣|café,val,7\na.jpg,a man,train,\n'


@pytest.mark.parametrize('mark', ['', '\ufeff'], ids=['plain', 'byte order mark'])
@pytest.mark.parametrize(
    ('name', 'content', 'place'),
    [
        ('a.json', json.dumps(RECORDS), 'record 1 (from 0)'),
        ('a.txt', json.dumps(RECORDS), 'record 1 (from 0)'),
        ('a.jsonl', LINES, 'line 2'),
        ('a.NDJSON', LINES, 'line 2'),
        ('a.csv', TABLE, 'line 3'),
    ],
)
def test_every_format_holds_the_same_records(tmp_path, name, content, place, mark):
    annotations = read_annotation_file(write(tmp_path / name, mark + content))
    items = list(annotations.items)
    # A table holds text alone.
    assert [item | {'id': int(item['id'])} if 'id' in item else item for item in items] == RECORDS
    assert annotations.place(1) == place


def test_the_columns_of_a_table_have_the_names_of_the_keys(tmp_path):
    path = write(tmp_path / 'a.csv', 'file,text,split\na.jpg,one|two,val\n')
    annotations = read_annotation_file(path, RecordKeys.named(image='file', captions='text'))
    assert annotations.items == [{'file': 'a.jpg', 'text': ['one', 'two'], 'split': 'val'}]


CAPTIONS = {'b/1.jpg': '一个穿红衣的女子', 'a.PNG': 'a man'}


@pytest.mark.parametrize(
    ('content', 'captions'),
    [
        (CAPTIONS, list(CAPTIONS.values())),
        (
            {image: [text, 'x'] for image, text in CAPTIONS.items()},
            [['一个穿红衣的女子', 'x'], ['a man', 'x']],
        ),
        ([{image: text} for image, text in CAPTIONS.items()], list(CAPTIONS.values())),
        (
            [{image: {'caption1': text, 'caption2': 'x'}} for image, text in CAPTIONS.items()],
            [{'caption1': text, 'caption2': 'x'} for text in CAPTIONS.values()],
        ),
    ],
    ids=['a caption', 'captions', 'a list of maps', 'captions with names'],
)
def test_a_map_from_images_to_captions_is_read_as_records(tmp_path, content, captions):
    path = write(tmp_path / 'a.json', json.dumps(content, ensure_ascii=False))
    assert list(read_annotation_file(path).items) == [
        {'img_path': image, 'captions': text}
        for image, text in zip(CAPTIONS, captions, strict=True)
    ]


def test_a_map_that_names_an_image_twice_loses_none_of_its_captions(tmp_path):
    path = write(tmp_path / 'a.json', '{"a.jpg": "one", "b.jpg": "x", "a.jpg": "two"}')
    items = list(read_annotation_file(path).items)
    assert [item['captions'] for item in items] == ['one', 'x', 'two']


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'[{"id": 1,', r'a\.json is not JSON: .*line 1 column .*told by their suffix: \.jsonl'),
        (b'', r'a\.json is not JSON'),
        (b'["\xff\xfe"]', r'a\.json is not UTF-8 text .*save it as UTF-8'),
        (b'{"images": []}', r"JSON object with the keys \['images'\], expected a list .* a map"),
        (b'{}', r'a JSON object with the keys \[\], expected a list'),
        (b'12', r'holds a JSON value, expected a list'),
        (b'[]', r'a\.json holds an empty list'),
        (b'[' * 100_000, r'a\.json is not JSON'),
    ],
)
def test_other_json_is_refused(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        read_annotation_file(write(tmp_path / 'a.json', content))


@pytest.mark.parametrize('end', ['\n', '\r\n'], ids=['Unix', 'Windows'])
def test_every_line_of_json_lines_is_an_item_and_its_place(tmp_path, end):
    text = f'{{"a": "1\u2028\x85"}}{end}{end}  {end}{{"b": "女"}}'
    annotations = read_annotation_file(write(tmp_path / 'a.jsonl', text))
    assert annotations.items == [{'a': '1\u2028\x85'}, {'b': '女'}]
    assert [annotations.place(number) for number in (0, 1)] == ['line 1', 'line 4']


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('{"a": 1}\n\n{"b": 2,}\n', r'line 3 of .*a\.jsonl is not JSON: .* at column \d\. Each'),
        ('[\n{"a": 1}\n]\n', r'line 1 of .* a file that is one JSON list has the suffix \.json\.'),
        ('\n \n', r'a\.jsonl has no line with an object: no image to load'),
        (b'{}\n{"caption": "caf\xe9"}\n', r'a\.jsonl is not UTF-8 text \(line 2'),
    ],
    ids=['a comma too many', 'a JSON list', 'empty lines', 'another encoding'],
)
def test_other_json_lines_are_refused(tmp_path, content, message):
    with pytest.raises(ValueError, match=message):
        read_annotation_file(write(tmp_path / 'a.jsonl', content))


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


def test_long_folders_are_described_in_short(tmp_path):
    for number in range(5):
        write(tmp_path / f'{number}.jpg', '')
    assert describe_folder(tmp_path, limit=2) == f'{tmp_path} holds: 0.jpg, 1.jpg and 3 more'


def test_an_empty_folder_is_called_empty(tmp_path):
    assert describe_folder(tmp_path) == f'{tmp_path} is empty'
