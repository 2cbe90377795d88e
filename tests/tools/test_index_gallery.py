import pytest

from cpcl_mm.search import GalleryFile, IndexSettings

TOOL = 'index_gallery.py'


@pytest.fixture
def run(exit_of_tool):
    """Run the tool on the CPU; exit code, output and errors."""
    return lambda *args: exit_of_tool(TOOL, *args, '--device', 'cpu')


def test_a_folder_becomes_a_gallery_and_is_brought_up_to_date(
    run, small_checkpoint, crops, tmp_path
):
    gallery = tmp_path / 'crops.npz'
    (crops / 'broken.jpg').write_text('no image')
    (crops / 'notes.txt').touch()
    listed = tmp_path / 'left_out.tsv'
    code, out, _ = run(small_checkpoint, crops, '--gallery', gallery, '--list', listed)
    assert code == 0
    assert out.startswith('3 images encoded, 0 unchanged, 1 skipped\n')
    assert '1 passed over (suffix .txt: 1)' in out
    assert f'\n{crops}/broken.jpg\tis not a readable image' in listed.read_text()
    assert f'\n{crops}/notes.txt\tsuffix .txt' in listed.read_text()
    assert f'{crops}/broken.jpg: is not a readable image' in out
    assert out.endswith(f'{gallery}: 3 images\n')

    (crops / 'red.png').unlink()
    _, out, _ = run(small_checkpoint, crops, '--gallery', gallery, '--prune', '--index', 'ivf')
    assert out.startswith('0 images encoded, 2 unchanged')
    assert '1 taken out: their file is gone' in out
    loaded = GalleryFile(gallery).load()
    assert [name.split('/')[-1] for name in loaded.names] == ['blue.png', 'green.png']
    assert loaded.settings == IndexSettings('ivf')


def test_images_that_are_gone_can_be_taken_out_and_nothing_else_done(
    run, small_checkpoint, crops, tmp_path
):
    gallery = tmp_path / 'crops.npz'
    run(small_checkpoint, crops, '--gallery', gallery)
    (crops / 'red.png').unlink()
    code, out, _ = run(small_checkpoint, '--gallery', gallery, '--prune')
    assert code == 0
    assert out == f'1 taken out: their file is gone\n{gallery}: 2 images\n'
    assert len(GalleryFile(gallery).load()) == 2


def test_without_images_and_without_a_gallery_there_is_nothing_to_do(
    run, small_checkpoint, tmp_path
):
    code, _, err = run(small_checkpoint, '--gallery', tmp_path / 'a.npz')
    assert code == 2
    assert 'give folders or image files, or --prune' in err
    code, _, err = run(small_checkpoint, '--gallery', tmp_path / 'a.npz', '--prune')
    assert code == 1
    assert 'no gallery' in err


def test_an_error_is_one_sentence(run, small_checkpoint, tmp_path):
    (tmp_path / 'empty').mkdir()
    code, _, err = run(small_checkpoint, tmp_path / 'empty', '--gallery', tmp_path / 'a.npz')
    assert code == 1
    assert err.startswith(f'index_gallery.py: there is no image in {tmp_path}/empty')


def test_an_interruption_says_how_to_go_on(run, small_checkpoint, crops, tmp_path, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr('cpcl_mm.search.encoder.ModelEncoder.encode_images', interrupt)
    code, _, err = run(small_checkpoint, crops, '--gallery', tmp_path / 'a.npz')
    assert code == 130
    assert f'run again to go on: {tmp_path}/a.npz.parts' in err


def test_effort_needs_an_index_to_be_spent_on(run, small_checkpoint, crops):
    code, _, err = run(small_checkpoint, crops, '--gallery', 'a.npz', '--effort', 3)
    assert code == 2
    assert '--effort is about --index ivf' in err


def test_the_help_teaches(run):
    _, out, _ = run('--help')
    assert 'python tools/index_gallery.py work_dirs/' in out
    assert 'not executed' in out
