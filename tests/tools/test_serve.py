"""The page, from the command line."""

import re
import socket
import sys

import numpy as np
import pytest
from starlette.testclient import TestClient

from cpcl_mm.pseudo_labels import LabelReport, Labels, ModalityReport, save_labels
from cpcl_mm.search import PersonSearcher, web

TOOL = 'serve.py'


@pytest.fixture
def served(monkeypatch):
    """Clients of the pages that would be served."""
    clients = []

    def serve(app, listening):
        clients.append(TestClient(app, base_url=web.address_of(listening)))

    monkeypatch.setattr(web, 'serve', serve)
    return clients


@pytest.fixture
def run(exit_of_tool, served):
    """Run the tool on the CPU and on a free port; exit code, output and errors."""
    return lambda *args: exit_of_tool(TOOL, *args, '--port', 0, '--device', 'cpu')


@pytest.fixture
def config(small_config):
    return small_config()


def sections(client):
    return [section.title for section in client.app.state.sections]


def test_a_gallery_is_searched(run, served, small_checkpoint, crops):
    searcher = PersonSearcher(small_checkpoint, device='cpu')
    searcher.index(crops, save_to=crops.with_name('crops.npz'))
    code, out, err = run('--gallery', crops.with_name('crops.npz'))
    assert code == 0
    assert out == f'{served[0].base_url}  (Ctrl+C stops)\n'
    assert 'warning' not in err
    assert sections(served[0]) == ['Search']
    assert '3 of 3 images' in served[0].get('/?text=a+red+shirt').text


def test_example_sentences_are_captions_of_the_gallery(
    run, served, small_checkpoint, config, pedes_root
):
    run(small_checkpoint, pedes_root / 'imgs', '--config', config)
    examples = re.findall(r'class="chip"[^>]*>([^<]*)<', served[0].get('/').text)
    captions = (pedes_root / 'data_captions.json').read_text()
    assert len(set(examples)) == 3
    assert all(example in captions for example in examples)


def test_a_gallery_of_other_images_has_no_example_sentences(
    run, served, small_checkpoint, config, crops
):
    run(small_checkpoint, crops, '--config', config)
    assert 'class="chip"' not in served[0].get('/').text


def test_images_are_indexed_at_the_start(run, served, small_checkpoint, crops):
    _, out, _ = run(small_checkpoint, crops / 'below', crops / 'red.png')
    assert out.startswith('2 images encoded')
    assert '2 of 2 images' in served[0].get('/?text=a+red+shirt').text


def test_a_data_set_needs_no_model(run, served, config):
    assert run('--config', config)[0] == 0
    assert sections(served[0]) == ['Data set']
    assert '12 images' in served[0].get('/').text


def test_a_work_directory_brings_its_config(run, served, config, tmp_path):
    report = LabelReport(1, {'image': ModalityReport(1, 0, 0, outliers_before=0)})
    labels = Labels({'image': np.zeros(12, dtype=np.int64)})
    save_labels(tmp_path / 'pseudo_labels', labels, report)
    assert run('--work-dir', tmp_path)[0] == 0
    assert sections(served[0]) == ['Data set', 'Pseudo labels']
    assert served[0].get('/labels/1.png').status_code == 200


def test_a_config_is_asked_for_where_it_is_not_clear(run, tmp_path):
    code, _, err = run('--work-dir', tmp_path)
    assert code == 1
    assert 'holds 0 config files (*.py): say which one is meant (--config FILE)' in err


def test_others_are_let_in_with_a_warning(run, served, config):
    _, _, err = run('--config', config, '--host', '0.0.0.0')
    assert '--host 0.0.0.0 lets other machines see the images, without a password' in err
    names = {'localhost': 200, socket.gethostname(): 200, 'evil.example': 421}
    for name, status in names.items():
        assert served[0].get('/dataset', headers={'Host': name}).status_code == status


def test_a_port_in_use(exit_of_tool, config):
    with web.listen('127.0.0.1', 0) as listening:
        port = listening.getsockname()[1]
        code, _, err = exit_of_tool(TOOL, '--config', config, '--port', port)
    assert code == 1
    assert f'serve.py: port {port} of 127.0.0.1 is in use' in err


def test_a_missing_extra(run, config, monkeypatch):
    for name in [name for name in sys.modules if name.startswith('cpcl_mm.search.web')]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, 'starlette', None)
    code, _, err = run('--config', config)
    assert code == 1
    assert err.startswith('serve.py: the page needs starlette, which cannot be imported')
    assert err.endswith('pip install -e ".[demo]"\n')


@pytest.mark.parametrize(
    ('args', 'code', 'says'),
    [
        ([], 2, 'nothing to show: give --gallery, --config or --work-dir'),
        (['a.pth'], 2, 'a.pth alone cannot be searched: give IMAGES after it'),
        (['a.pth', 'b.png', '--gallery', 'c.npz'], 2, 'give either --gallery, or CHECKPOINT and'),
        (['--gallery', 'nowhere.npz'], 1, 'serve.py: there is no gallery nowhere.npz'),
        (['nowhere.pth', 'crops'], 1, "serve.py: there is no checkpoint 'nowhere.pth'"),
    ],
)
def test_an_error_is_one_sentence(run, args, code, says):
    found, _, err = run(*args)
    assert found == code
    assert says in err
    assert 'Traceback' not in err


def test_ctrl_c_stops_it(run, config, monkeypatch):
    def interrupt(app, listening):
        raise KeyboardInterrupt

    monkeypatch.setattr(web, 'serve', interrupt)
    assert run('--config', config)[0] == 0


def test_the_help_teaches(run):
    _, out, _ = run('--help')
    assert 'python tools/serve.py --gallery crops.npz' in out
    assert 'pip install -e ".[demo]"' in out
