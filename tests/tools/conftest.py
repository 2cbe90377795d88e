"""Running tools in this process."""

import runpy
import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run_tool(monkeypatch, capsys):
    """A function that runs a tool with its arguments in this process and returns what it printed.

    What stops a tool, :class:`SystemExit` or an error, is raised as it is.
    """

    def run(tool: str, *args: object) -> str:
        path = ROOT / 'tools' / tool
        monkeypatch.setattr(sys, 'argv', [tool, *map(str, args)])
        # As Python does: tools in a folder of their own import what lies beside them.
        monkeypatch.syspath_prepend(str(path.parent))
        handler = signal.getsignal(signal.SIGTERM)
        try:
            runpy.run_path(str(path), run_name='__main__')
        finally:
            # A tool may set its own, which the tests that follow must not inherit.
            signal.signal(signal.SIGTERM, handler)
        return capsys.readouterr().out

    return run


@pytest.fixture
def exit_of_tool(run_tool, capsys):
    """A function that runs a tool to its exit and returns exit code, output and errors."""

    def run(tool: str, *args: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            run_tool(tool, *args)
        return stop.value.code, *capsys.readouterr()

    return run
