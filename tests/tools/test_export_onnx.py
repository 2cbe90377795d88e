import pytest

TOOL = 'export_onnx.py'


@pytest.fixture
def exports(monkeypatch):
    """What the tool asks for; nothing is exported."""
    calls = []

    class Facts:
        max_difference = 2.4e-7

    def export(model, out, config, tolerance):
        calls.append((str(model), config, tolerance))
        out.mkdir()
        (out / 'image.onnx').write_bytes(bytes(2**20))
        return Facts

    monkeypatch.setattr('cpcl_mm.search.export_onnx', export)
    return calls


def test_it_prints_files_and_difference(exit_of_tool, exports, tmp_path):
    out = tmp_path / 'exported'
    code, text, _ = exit_of_tool(TOOL, 'epoch_20.pth', '--out', out)
    assert code == 0
    assert text == f'{out / "image.onnx"}: 1.00 MiB\nlargest difference from torch: 2.4e-07\n'
    assert exports == [('epoch_20.pth', None, 1e-4)]


def test_a_config_file_of_ones_own(exit_of_tool, exports, tmp_path):
    flags = ('--config', 'my.py', '--tolerance', '1e-3')
    exit_of_tool(TOOL, 'epoch_20.pth', '--out', tmp_path / 'exported', *flags)
    assert exports == [('epoch_20.pth', 'my.py', 1e-3)]


def test_an_error_is_one_sentence(exit_of_tool, tmp_path):
    code, _, err = exit_of_tool(TOOL, 'nowhere.pth', '--out', tmp_path / 'exported')
    assert code == 1
    assert err == "export_onnx.py: there is no checkpoint 'nowhere.pth'\n"


def test_the_help_teaches(exit_of_tool):
    _, out, _ = exit_of_tool(TOOL, '--help')
    assert 'python tools/export_onnx.py work_dirs/' in out
    assert 'pip install -e ".[onnx]"' in out
