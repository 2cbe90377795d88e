import json
import pickle
import zipfile

import numpy as np
import pytest

from cpcl_mm.search import Gallery, GalleryFile, IndexSettings, ModelOrigin
from cpcl_mm.search.gallery_file import read_gallery, write_gallery

MODEL = ModelOrigin('c0105', 'colors.pth')


def make_gallery(*names, model=MODEL, version='1'):
    gallery = Gallery(model, IndexSettings('ivf', 4))
    rows = np.random.default_rng(0).normal(size=(len(names), 3)).astype(np.float32)
    gallery.put([(name, version) for name in names], rows)
    return gallery


@pytest.fixture
def file(tmp_path):
    return GalleryFile(tmp_path / 'galleries' / 'crops.npz')


@pytest.fixture
def saved(file):
    file.save(make_gallery('a.jpg', '女/b.jpg', 'non-UTF-8-\udcff.jpg'))
    return file


def rewrite(path, **changed):
    """Replace arrays of a gallery file."""
    with np.load(path) as arrays:
        kept = dict(arrays)
    np.savez(path, **(kept | changed))


def as_bytes(value):
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def header(model=None, **index):
    return as_bytes(
        {
            'format': 'cpcl_mm gallery',
            'version': 1,
            'model': model or {'fingerprint': 'c0105', 'source': 'colors.pth'},
            'index': index,
        }
    )


def test_what_is_saved_is_loaded(saved):
    gallery, expected = saved.load(), make_gallery('a.jpg', '女/b.jpg', 'non-UTF-8-\udcff.jpg')
    assert gallery.versions == expected.versions
    assert (gallery.model, gallery.settings) == (expected.model, expected.settings)
    np.testing.assert_array_equal(gallery.features, expected.features)


def test_an_empty_gallery_can_be_saved(file):
    file.save(Gallery(MODEL))
    assert len(file.load()) == 0


def test_saving_leaves_nothing_but_the_file(saved):
    with saved.writing():
        saved.append(make_gallery('c.jpg'))
        saved.save(saved.load())
    assert [path.name for path in saved.path.parent.iterdir()] == ['crops.npz']
    assert 'c.jpg' in saved.load().names


def test_parts_that_a_crash_left_are_taken_up(saved):
    with saved.writing():
        saved.append(make_gallery('c.jpg'))
        saved.append(make_gallery('a.jpg', version='2'))
    gallery = saved.load()
    assert gallery.names == ['a.jpg', '女/b.jpg', 'non-UTF-8-\udcff.jpg', 'c.jpg']
    assert gallery.versions['a.jpg'] == '2'


def test_parts_alone_are_a_gallery(file):
    assert not file.exists()
    with file.writing():
        assert not file.exists()
        file.append(make_gallery('c.jpg'))
    assert file.exists()
    assert file.load().names == ['c.jpg']


def test_a_crash_while_a_part_is_written_costs_that_part_only(file):
    with file.writing():
        file.append(make_gallery('c.jpg'))
        (file.parts / '00000001.npz.unfinished').write_bytes(b'PK')
    assert file.load().names == ['c.jpg']


def test_parts_of_another_model_are_refused(saved):
    with saved.writing():
        saved.append(make_gallery('c.jpg', model=ModelOrigin('0th3r', 'other.pth')))
    with pytest.raises(
        ValueError, match=r'another model \(other.pth\) .*colors.pth.*crops.npz.parts'
    ):
        saved.load()


def test_two_processes_cannot_write_at_once(saved):
    other = GalleryFile(saved.path).writing()
    with saved.writing(), pytest.raises(BlockingIOError, match='another process writes to .*crops'):
        other.__enter__()


def test_who_finds_the_gallery_locked_leaves_it_to_the_other(file):
    with file.writing():
        with pytest.raises(BlockingIOError):
            GalleryFile(file.path).writing().__enter__()
        file.append(make_gallery('c.jpg'))
    assert file.load().names == ['c.jpg']


def test_without_a_part_nothing_is_left_behind(file):
    with file.writing():
        pass
    assert not file.parts.exists()


def test_without_a_gallery_the_error_says_how_to_make_one(file):
    with pytest.raises(FileNotFoundError, match=r'no gallery .*crops.npz: .*index_gallery'):
        file.load()


@pytest.mark.parametrize('size', [0, 10, 300, -30, -1])
def test_a_truncated_file_is_refused(saved, size):
    saved.path.write_bytes(saved.path.read_bytes()[:size])
    with pytest.raises(
        ValueError, match=r'crops.npz is no gallery file of version 1, or it is truncated'
    ):
        saved.load()


def test_a_flipped_bit_is_noticed(saved):
    content = bytearray(saved.path.read_bytes())
    content[content.index(b'features.npy') + 160] ^= 1
    saved.path.write_bytes(content)
    with pytest.raises(ValueError, match='damaged'):
        saved.load()


@pytest.mark.parametrize(
    'write',
    [
        lambda path: path.mkdir(),
        lambda path: path.write_text('a man in red'),
        lambda path: np.savez(path, a=np.eye(3)),
        lambda path: np.save(path.open('wb'), np.eye(3)),
        lambda path: np.savez(
            path, header=as_bytes({'format': 'cpcl_mm gallery'}), entries=[], features=[]
        ),
    ],
)
def test_other_files_are_refused(write, tmp_path):
    path = tmp_path / 'other.npz'
    write(path)
    with pytest.raises(ValueError, match='other.npz is no gallery file'):
        read_gallery(path)


def test_a_file_of_another_version_is_refused(saved):
    rewrite(saved.path, header=as_bytes({'format': 'cpcl_mm gallery', 'version': 2}))
    with pytest.raises(
        ValueError, match="of version 1, .*'cpcl_mm gallery' of version 2.: restore it, or"
    ):
        saved.load()


class Payload:
    def __reduce__(self):
        return (exec, ('raise SystemExit("code from a gallery was executed")',))


def test_code_in_a_file_is_not_executed(saved):
    rewrite(saved.path, features=np.array([Payload()], dtype=object))
    with pytest.raises(ValueError, match='allow_pickle'):
        saved.load()
    saved.path.write_bytes(pickle.dumps(Payload()))
    with pytest.raises(ValueError, match='no gallery file'):
        saved.load()


def test_a_file_cannot_unpack_to_more_than_its_size(saved):
    with zipfile.ZipFile(saved.path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('features.npy', bytes(10**6))
    with pytest.raises(ValueError, match='compressed'):
        saved.load()


@pytest.mark.parametrize(
    'changed',
    [
        {'features': np.ones((2, 3), dtype=np.float32)},
        {'features': np.ones((3, 3))},
        {'features': np.ones(3, dtype=np.float32)},
        {'entries': as_bytes([['a.jpg'], ['b.jpg'], ['c.jpg']])},
        {'header': header({'fingerprint': 'c0105'})},
        {'header': header({'fingerprint': 'c0105', 'source': ['/etc']})},
        {'header': header(effort='8')},
    ],
)
def test_parts_that_do_not_fit_are_refused(saved, changed):
    rewrite(saved.path, **changed)
    with pytest.raises(ValueError, match='crops.npz is no gallery .* or damaged'):
        saved.load()


def test_readers_never_see_half_a_file(saved, monkeypatch):
    def crash(*arguments, **arrays):
        raise KeyboardInterrupt

    before = saved.path.read_bytes()
    monkeypatch.setattr(np, 'savez', crash)
    with pytest.raises(KeyboardInterrupt):
        write_gallery(make_gallery('z.jpg'), saved.path)
    assert saved.path.read_bytes() == before
