"""Tools as commands of a checkout; tests/test_wheel.py runs those of a wheel."""

import sys

import pytest

from cpcl_mm import commands


def test_a_command_runs_the_tool_of_its_name_with_the_command_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', ['cpcl-search', '--help'])
    monkeypatch.setattr(sys, 'path', [*sys.path])
    with pytest.raises(SystemExit) as end:
        commands.search()
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith('usage: search.py ')
    # A tool finds its neighbors.
    assert sys.path[0] == str(commands.TOOLS)


def test_a_tool_that_is_not_there_is_named():
    with pytest.raises(AttributeError, match='no_such: there is no such tool in .*tools'):
        commands.no_such()
