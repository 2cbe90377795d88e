import PIL.Image
import pytest

TOOL = 'show_attention.py'


@pytest.fixture
def run(exit_of_tool):
    """Run the tool on the CPU; exit code, output and errors."""
    return lambda *args: exit_of_tool(TOOL, *args, '--device', 'cpu')


def test_a_picture_with_a_column_a_sentence(run, small_checkpoint, pedes_root, tmp_path):
    image, out_file = pedes_root / 'imgs' / '0000_0.png', tmp_path / 'new' / 'attention.png'
    code, out, _ = run(small_checkpoint, image, 'a red shirt', 'blue', '--out', out_file)
    assert code == 0
    first, second, path = out.splitlines()
    assert first.endswith('  a red shirt')
    assert second.endswith('  blue')
    assert path == str(out_file)
    assert PIL.Image.open(out_file).width > 600


def test_an_error_is_one_sentence(run, small_checkpoint, tmp_path):
    code, _, err = run(small_checkpoint, tmp_path / 'gone.png', 'red', '--out', tmp_path / 'a.png')
    assert code == 1
    assert err == f'show_attention.py: the query image {tmp_path}/gone.png: does not exist\n'


def test_the_help_says_what_the_colors_mean(run):
    _, out, _ = run('--help')
    assert 'what it adds to the score of the image, exactly' in out
    assert 'a hint only' in out
