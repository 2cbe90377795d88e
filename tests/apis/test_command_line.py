import errno
import io
import os
import sys

import pytest
from mmengine.logging import MMLogger

from cpcl_mm.apis import errors_in_a_sentence, parse_run_args, run_parser, tool_parser


@pytest.fixture
def parse(monkeypatch):
    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', ['tool.py', *arguments])
        return parse_run_args(run_parser('what it does', 'examples: ...'))

    monkeypatch.delenv('LOCAL_RANK', raising=False)
    yield run
    os.environ.pop('LOCAL_RANK', None)


def test_options_are_read_as_values(parse):
    args = parse('config.py', '--cfg-options', 'a.b=1', 'c=[1,2]', 'd=text')
    assert args.cfg_options == {'a.b': 1, 'c': [1, 2], 'd': 'text'}
    assert (args.launcher, args.work_dir) == ('none', None)


@pytest.mark.parametrize('flag', ['--local-rank', '--local_rank'])
def test_mmengine_learns_the_local_rank(parse, flag):
    parse('config.py', flag, '1')
    assert os.environ['LOCAL_RANK'] == '1'


def test_the_rank_that_torchrun_set_stays(parse, monkeypatch):
    monkeypatch.setenv('LOCAL_RANK', '3')
    parse('config.py')
    assert os.environ['LOCAL_RANK'] == '3'


def test_the_help_shows_description_and_examples():
    text = run_parser('what it does', 'examples: ...').format_help()
    assert 'what it does' in text
    assert text.rstrip().endswith('examples: ...')
    assert 'local' not in text


def test_the_help_keeps_the_lines_of_examples():
    examples = 'examples:\n  one\n\n  another\n'
    assert examples in tool_parser('What it does.', examples).format_help()


def test_any_name_of_a_file_can_be_printed(monkeypatch):
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, 'stdout', io.TextIOWrapper(buffer, encoding='ascii'))
    tool_parser('what it does', '')
    print('caf\udce9, 女', flush=True)
    assert buffer.getvalue() == b'caf\\udce9, \\u5973\n'


@pytest.fixture
def no_log(monkeypatch):
    monkeypatch.setattr(MMLogger, '_instance_dict', {})


@pytest.fixture
def log(no_log, tmp_path):
    MMLogger.get_instance('run', log_file=str(tmp_path / 'run.log'))
    return tmp_path / 'run.log'


def end_with(error, to_go_on=''):
    with pytest.raises(SystemExit) as stop, errors_in_a_sentence(to_go_on):
        raise error
    return str(stop.value)


def test_what_input_causes_is_one_sentence(no_log):
    assert end_with(ValueError('no such thing')) == 'error: no such thing'
    full = OSError(errno.ENOSPC, 'No space left on device', 'a.pth')
    assert end_with(full) == 'error: No space left on device: a.pth'


def test_where_the_disk_failed_it_says_how_to_go_on(no_log):
    full = OSError(errno.ENOSPC, 'No space left', 'a.pth')
    assert end_with(full, '; go on') == 'error: No space left: a.pth; go on'
    missing = FileNotFoundError(errno.ENOENT, 'No such file', 'a.py')
    assert end_with(missing, '; go on') == 'error: No such file: a.py'


def test_a_defect_shows_its_traceback_where_there_is_no_log(no_log):
    with pytest.raises(TypeError), errors_in_a_sentence():
        raise TypeError('a defect')


def test_the_traceback_is_in_the_log(log):
    said = end_with(TypeError('a defect'))
    assert said == f'error: TypeError: a defect (traceback: {log})'
    assert 'Traceback' in log.read_text()


def test_ctrl_c(no_log, capsys):
    with pytest.raises(SystemExit) as stop, errors_in_a_sentence('; go on'):
        raise KeyboardInterrupt
    assert stop.value.code == 130
    assert capsys.readouterr().err == '\nstopped; go on\n'
