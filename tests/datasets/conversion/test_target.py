"""What is written is read back as it was, and nothing is overwritten by accident."""

import pytest

from cpcl_mm.datasets.conversion import read_source, write_target


@pytest.fixture
def annotations(annotation):
    """Two images, one of unknown identity."""
    return [
        annotation('d/b.jpg', 'a man, in "red"', '女子 | he\nwalks', identity=3, split='val'),
        annotation('a.jpg', split='train'),
    ]


@pytest.fixture
def image_root(tmp_path, annotations):
    """A folder with the images."""
    for annotation in annotations:
        path = tmp_path / 'imgs' / annotation.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'picture {annotation.path}')
    return tmp_path / 'imgs'


@pytest.mark.parametrize('name', ['a.json', 'a.jsonl', 'a.ndjson', 'a.csv', 'new/a.CSV'])
def test_files_hold_everything(tmp_path, annotations, image_root, name):
    write_target(annotations, tmp_path / name, image_root)
    assert read_source(tmp_path / name, image_root) == annotations


def test_captions_are_written_beside_the_images(annotations, image_root):
    write_target(annotations, image_root, image_root)
    assert (image_root / 'd' / 'b.txt').read_text('utf-8') == 'a man, in "red"\n女子 | he walks\n'
    assert (image_root / 'a.txt').read_text('utf-8') == 'a man in red\n'
    assert len(read_source(image_root, image_root)) == 2


def test_another_folder_gets_copies_of_the_images(tmp_path, annotations, image_root):
    write_target(annotations, tmp_path / 'copy', image_root)
    assert (tmp_path / 'copy' / 'd' / 'b.jpg').read_text() == 'picture d/b.jpg'
    assert [found.path for found in read_source(tmp_path / 'copy', tmp_path / 'copy')] == [
        'a.jpg',
        'd/b.jpg',
    ]
    assert not list(image_root.rglob('*.txt'))


def test_a_file_is_overwritten_by_force_only(tmp_path, annotations, image_root):
    (tmp_path / 'a.csv').write_text('precious')
    with pytest.raises(FileExistsError, match=r'a\.csv exists already, .* --force overwrites it\.'):
        write_target(annotations, tmp_path / 'a.csv', image_root)
    assert (tmp_path / 'a.csv').read_text() == 'precious'
    write_target(annotations, tmp_path / 'a.csv', image_root, force=True)
    assert read_source(tmp_path / 'a.csv', image_root) == annotations


@pytest.mark.parametrize('there', ['a.txt', 'd/b.jpg'])
def test_a_folder_is_left_alone_if_one_file_of_it_is_there(
    tmp_path, annotations, image_root, there
):
    (tmp_path / 'copy' / there).parent.mkdir(parents=True)
    (tmp_path / 'copy' / there).write_text('precious')
    with pytest.raises(FileExistsError, match=f'{there} exists already, and nothing was written'):
        write_target(annotations, tmp_path / 'copy', image_root)
    assert len([path for path in (tmp_path / 'copy').rglob('*') if path.is_file()]) == 1
    write_target(annotations, tmp_path / 'copy', image_root, force=True)
    assert (tmp_path / 'copy' / there).read_text() != 'precious'


def test_an_image_that_is_not_there(tmp_path, annotations, image_root):
    (image_root / 'a.jpg').unlink()
    with pytest.raises(FileNotFoundError, match=r'1 of 2 images do not exist, such as .*a\.jpg; '):
        write_target(annotations, tmp_path / 'copy', image_root)
    assert not (tmp_path / 'copy').exists()


def test_images_that_would_share_a_file_of_captions(tmp_path, annotation, image_root):
    images = [annotation('a.jpg'), annotation('a.png')]
    with pytest.raises(ValueError, match=r'would share the captions of a\.txt; rename one'):
        write_target(images, tmp_path / 'copy', image_root)


def test_a_suffix_of_no_format(tmp_path, annotations, image_root):
    with pytest.raises(ValueError, match=r"has the suffix '\.xml', expected one of \.json, \.csv"):
        write_target(annotations, tmp_path / 'a.xml', image_root)


def test_a_folder_that_exists_may_have_a_suffix(tmp_path, annotations, image_root):
    (tmp_path / 'v1.2').mkdir()
    write_target(annotations, tmp_path / 'v1.2', image_root)
    assert (tmp_path / 'v1.2' / 'a.txt').is_file()
