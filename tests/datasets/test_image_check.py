"""Broken images are found without decoding the sound ones."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from cpcl_mm.datasets import image_check
from cpcl_mm.datasets.image_check import CHECKS, check_images, find_unreadable
from cpcl_mm.utils.image_file import read_image


def encoded(image_format: str) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((40, 80), 80).convert('RGB').save(buffer, image_format)
    return buffer.getvalue()


def write(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize('level', ['quick', 'decode'])
def test_what_training_reads_passes_and_what_it_refuses_is_named(tmp_path, level):
    content = encoded('JPEG')
    sound = write(tmp_path / 'a.jpg', content + bytes(10_000))
    cut = write(tmp_path / 'b.jpg', content[:-10])
    text = write(tmp_path / 'c.jpg', b'<html>not found</html>')
    found = check_images([sound, cut, text], level)
    assert list(found) == [cut, text]
    for path, problem in found.items():
        with pytest.raises(ValueError, match=re.escape(problem)):
            read_image(path)


@pytest.mark.parametrize('level', ['exists', 'quick', 'decode'])
def test_missing_files_and_folders_are_found(tmp_path, level):
    paths = [str(tmp_path / 'none.jpg'), str(tmp_path)]
    assert check_images(paths, level) == dict.fromkeys(paths, 'does not exist')


def test_only_decoding_finds_a_damaged_middle(tmp_path):
    content = bytearray(encoded('PNG'))
    content[len(content) // 2] ^= 255
    path = write(tmp_path / 'a.png', bytes(content))
    assert check_images([path], 'quick') == {}
    assert 'not a readable image' in check_images([path], 'decode')[path]


def test_existence_says_nothing_about_the_content(tmp_path):
    assert check_images([write(tmp_path / 'a.jpg', b'no image')], 'exists') == {}


def test_only_the_broken_of_many_are_named(tmp_path):
    sound = [write(tmp_path / f'{n}.jpg', encoded('JPEG')) for n in range(20)]
    broken = write(tmp_path / 'x.jpg', encoded('JPEG')[:200])
    assert list(check_images([*sound[:10], broken, *sound[10:]], 'quick')) == [broken]


def test_none_looks_at_nothing():
    assert check_images(['missing.jpg'], 'none') == {}


def test_an_unknown_level_is_refused():
    with pytest.raises(
        ValueError, match="check_images='full', expected one of none, exists, quick, decode"
    ):
        check_images([], 'full')


def test_an_image_found_sound_is_not_read_again(tmp_path, monkeypatch):
    sound = write(tmp_path / 'a.jpg', encoded('JPEG'))
    broken = write(tmp_path / 'b.jpg', b'')
    seen = []
    check = CHECKS['quick']
    monkeypatch.setitem(CHECKS, 'quick', lambda path: seen.append(path) or check(path))
    for _ in range(2):
        assert list(check_images([sound, broken], 'quick')) == [broken]
    assert sorted(seen) == [sound, broken, broken]


def test_a_fresh_look_trusts_no_earlier_one(tmp_path):
    path = write(tmp_path / 'a.jpg', encoded('JPEG'))
    for level in ('exists', 'quick', 'decode'):
        assert check_images([path], level) == {}
    write(tmp_path / 'a.jpg', b'')
    assert check_images([path], 'decode') == {}
    assert list(find_unreadable([path], 'decode', threads=2)) == [path]


def test_a_repaired_image_is_read_again(tmp_path):
    path = write(tmp_path / 'a.jpg', b'')
    assert path in check_images([path], 'quick')
    write(tmp_path / 'a.jpg', encoded('JPEG'))
    assert check_images([path], 'quick') == {}


@pytest.mark.parametrize(('threshold', 'shown'), [(2, True), (3, False)])
def test_a_bar_shows_the_progress_of_many(tmp_path, monkeypatch, capsys, threshold, shown):
    monkeypatch.setattr(image_check, 'PROGRESS_FROM', threshold)
    check_images([write(tmp_path / f'{n}.jpg', encoded('JPEG')) for n in range(3)], 'quick')
    assert ('Checking images' in capsys.readouterr().err) == shown
