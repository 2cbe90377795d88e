import pytest
import torch

from cpcl_mm.engine.checkpoint_files import is_whole, latest_whole_checkpoint


@pytest.fixture
def folder(tmp_path):
    """A work directory with checkpoints 1 to 3, of which 2 is the last that was written."""
    for epoch in (1, 2, 3):
        torch.save({'meta': {'epoch': epoch}}, tmp_path / f'epoch_{epoch}.pth')
    (tmp_path / 'last_checkpoint').write_text('/moved/away/epoch_2.pth')
    return tmp_path


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def test_the_last_checkpoint_is_found_by_its_name_wherever_the_folder_is_now(folder):
    assert latest_whole_checkpoint(folder) == folder / 'epoch_2.pth'


@pytest.mark.parametrize('last', ['', 'epoch_9.pth', None])
def test_without_a_file_that_is_named_last_the_highest_number_counts(folder, last):
    (folder / 'last_checkpoint').unlink()
    if last is not None:
        (folder / 'last_checkpoint').write_text(last)
    torch.save({}, folder / 'epoch_10.pth')
    assert latest_whole_checkpoint(folder) == folder / 'epoch_10.pth'


def test_a_cut_one_is_passed_over_for_an_older_one_and_named(folder, logged):
    cut(folder / 'epoch_2.pth')
    assert latest_whole_checkpoint(folder) == folder / 'epoch_1.pth'
    assert 'epoch_2.pth is cut or damaged' in logged[-1]


def test_none_and_none_that_is_whole(folder):
    for path in folder.glob('*.pth'):
        cut(path)
    with pytest.raises(ValueError, match='epoch_2.pth, epoch_1.pth are cut or damaged'):
        latest_whole_checkpoint(folder)
    for path in folder.glob('*.pth'):
        path.unlink()
    assert latest_whole_checkpoint(folder) is None


def test_what_is_whole(tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save({'weight': torch.ones(1000)}, path)
    assert is_whole(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert not is_whole(path)
    torch.save({}, path, _use_new_zipfile_serialization=False)
    assert is_whole(path)
    path.write_bytes(b'')
    assert not is_whole(path)
