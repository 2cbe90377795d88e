"""Images with a text file of captions beside each."""

from pathlib import PurePath

import pytest

from cpcl_mm.datasets.caption_folder import check_text_files, read_caption_folder


@pytest.fixture
def folder(tmp_path):
    """A function that writes files and returns their folder."""

    def write(**files):
        for name, content in files.items():
            path = tmp_path / name.replace('__', '/').replace('_', '.')
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path

    return write


def test_images_of_all_subfolders_with_the_lines_beside_them(folder):
    root = folder(b_jpg='', b_txt='a man', a__c_PNG='', a__c_txt='\ufeff 女子 \r\n\n \nshe walks\n')
    assert read_caption_folder(root).items == [
        {'img_path': 'a/c.PNG', 'captions': ['女子', 'she walks']},
        {'img_path': 'b.jpg', 'captions': ['a man']},
    ]


def test_an_image_without_captions_has_none_and_its_place_says_why(folder):
    annotations = read_caption_folder(folder(a_jpg='', d__b_jpg='', d__b_txt='\n'))
    assert [item['captions'] for item in annotations.items] == [[], []]
    assert annotations.place(0) == 'image a.jpg (there is no a.txt)'
    assert annotations.place(1) == 'image d/b.jpg (captions in b.txt)'


def test_a_folder_without_images_is_answered_with_the_suffixes_of_images(folder):
    with pytest.raises(FileNotFoundError, match=r'hold no image \(\.avif, \.bmp, \.gif'):
        read_caption_folder(folder(a_txt='x', b_psd=''))


def test_another_encoding_is_refused_by_file_and_line(folder):
    with pytest.raises(ValueError, match=r'a\.txt is not UTF-8 text \(line 2'):
        read_caption_folder(folder(a_jpg='', a_txt=b'x\ncaf\xe9'))


def test_two_images_cannot_share_a_text_file(folder):
    with pytest.raises(ValueError, match=r'a\.jpg and a\.png would share the captions of a\.txt'):
        read_caption_folder(folder(a_jpg='', a_png='', a_txt='x'))
    check_text_files([PurePath('x/a.jpg'), PurePath('y/a.jpg'), PurePath('a.b.jpg')])
