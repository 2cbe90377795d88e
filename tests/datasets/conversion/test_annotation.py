"""An annotation is what a record of an annotation file says."""

from pathlib import Path

from cpcl_mm.datasets.records import RecordKeys, parse_record


def test_a_record_is_read_back(annotation):
    known = annotation('d/a.jpg', 'one', 'two', identity=0, split='val')
    split, record = parse_record(known.as_record(), 0, RecordKeys(), Path())
    assert (record.path, record.captions, record.identity, split) == (
        *('d/a.jpg', ('one', 'two')),
        *(0, 'val'),
    )


def test_an_unknown_identity_is_left_out(annotation):
    unknown = annotation(split='train')
    assert not unknown.has_identity
    assert unknown.as_record() == {
        'img_path': 'a.jpg',
        'captions': ['a man in red'],
        'split': 'train',
    }
