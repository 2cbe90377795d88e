"""An annotation file of this format is one JSON list; everything else is named for what it is."""

import json

import pytest

from cpcl_mm.datasets.formats import format_json, read_json


def test_returns_the_items_in_file_order(tmp_path):
    (tmp_path / 'a.json').write_text(json.dumps([{'b': 1}, {'a': 2}, 3]))
    assert read_json(tmp_path / 'a.json').items == [{'b': 1}, {'a': 2}, 3]


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'[{"id": 1,', r'a\.json is not JSON: .*line 1 column .*told by their suffix: \.jsonl'),
        (b'', r'a\.json is not JSON'),
        (b'["\xff\xfe"]', r'a\.json is not UTF-8 text .*save it as UTF-8'),
        (b'{"images": []}', r'a\.json holds a JSON object, expected a list'),
        (b'"text"', r'holds a JSON string'),
        (b'12', r'holds a JSON number'),
        (b'[]', r'a\.json holds an empty list'),
    ],
)
def test_other_content_is_refused(tmp_path, content, message):
    (tmp_path / 'a.json').write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_json(tmp_path / 'a.json')


def test_what_is_written_has_a_record_a_line_and_is_read_back(tmp_path):
    records = [{'img_path': '女.jpg', 'captions': ['"a", b']}, {'img_path': 'b.jpg'}]
    text = format_json(records)
    assert text.splitlines()[1] == '{"img_path": "女.jpg", "captions": ["\\"a\\", b"]},'
    (tmp_path / 'a.json').write_text(text, encoding='utf-8')
    assert read_json(tmp_path / 'a.json').items == records
