import errno

import pytest
from mmengine.logging import MMLogger

from cpcl_mm.apis.tool_errors import errors_in_a_sentence


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
