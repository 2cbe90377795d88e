"""Every file below a folder is an image or is passed over for a reason."""

import os
from pathlib import Path

import pytest

from cpcl_mm.utils.image_folder import count_passed_over, look_through, write_table


@pytest.fixture
def folder(tmp_path):
    """A folder with an image, beside another one with two."""
    for name in ('crops/b.JPG', 'elsewhere/c.png', 'elsewhere/below/d.avif'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path / 'crops'


def images(folder):
    return [Path(path).relative_to(folder).as_posix() for path in look_through(folder).images]


def reasons(folder):
    found = look_through(folder).passed_over
    return {Path(path).relative_to(folder).as_posix(): why for path, why in found.items()}


def test_files_are_images_by_their_suffix(folder):
    suffixes = ('jfif', 'jpe', 'heic', 'tiff', 'webp', 'gif', 'bmp')
    for suffix in suffixes:
        (folder / f'a.{suffix}').touch()
    assert images(folder) == sorted([f'a.{suffix}' for suffix in suffixes] + ['b.JPG'])


def test_all_else_is_named_with_a_reason(folder):
    for name in ('notes.TXT', 'README', '._b.jpg', 'old.psd'):
        (folder / name).touch()
    (folder / '.thumbnails').mkdir()
    (folder / '.thumbnails' / 'b.jpg').touch()
    (folder / 'gone.jpg').symlink_to('nowhere.jpg')
    os.mkfifo(folder / 'pipe.jpg')
    assert reasons(folder) == {
        'notes.TXT': 'suffix .txt',
        'README': 'no suffix',
        'old.psd': 'suffix .psd',
        '._b.jpg': 'name begins with a dot',
        '.thumbnails': 'name begins with a dot',
        'gone.jpg': 'no file behind the name',
        'pipe.jpg': 'no file behind the name',
    }
    assert images(folder) == ['b.JPG']


def test_links_are_followed(folder):
    (folder / 'cam2').symlink_to('../elsewhere')
    (folder / 'a.jpg').symlink_to('b.JPG')
    assert images(folder) == ['a.jpg', 'b.JPG', 'cam2/below/d.avif', 'cam2/c.png']


def test_a_folder_counts_once_under_its_own_name_so_that_loops_end(folder):
    (folder / 'z').mkdir()
    (folder / 'z' / 'e.png').touch()
    (folder / 'a').symlink_to('z')
    (folder / 'z' / 'up').symlink_to(folder)
    assert images(folder) == ['b.JPG', 'z/e.png']
    assert reasons(folder) == dict.fromkeys(['a', 'z/up'], 'link to a folder that counts already')


def test_a_folder_that_cannot_be_opened_is_named(folder):
    assert reasons(folder / 'gone') == {
        '.': 'folder cannot be opened: No such file or directory',
    }


def test_a_line_counts_by_reason():
    assert count_passed_over({}) == []
    passed_over = {'a.txt': 'suffix .txt', 'b.txt': 'suffix .txt', 'c': 'no suffix'}
    assert count_passed_over(passed_over) == ['3 passed over (suffix .txt: 2, no suffix: 1)']


def test_a_list_takes_any_name(tmp_path):
    rows = [('file', 'reason'), ('tab\t.txt', 'bad\nheader'), ('caf\udce9', 'no suffix')]
    write_table(rows, tmp_path / 'a' / 'list')
    assert (tmp_path / 'a' / 'list').read_text(encoding='utf-8') == (
        'file\treason\n"tab\t.txt"\t"bad\nheader"\ncaf\\udce9\tno suffix\n'
    )
