import errno

import pytest

from cpcl_mm.utils.whole_file import whole_file


def test_a_file_is_replaced_when_it_is_complete(tmp_path):
    path = tmp_path / 'new' / 'scores.json'
    for text in ('old', 'new'):
        with whole_file(path) as unfinished:
            unfinished.write_text(text)
            assert not path.exists() or path.read_text() == 'old'
    assert path.read_text() == 'new'
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_names_it(tmp_path):
    path = tmp_path / 'scores.json'
    path.write_text('old')
    with (
        pytest.raises(OSError, match=r'scores.json could not be written \(No space left') as caught,
        whole_file(path) as unfinished,
    ):
        unfinished.write_text('ne')
        raise OSError(errno.ENOSPC, 'No space left on device')
    assert caught.value.errno == errno.ENOSPC
    assert path.read_text() == 'old'
    assert list(tmp_path.iterdir()) == [path]
