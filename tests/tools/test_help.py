"""The help of a tool that needs no config is there at once."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / 'tools'
RUN = """
import runpy, sys
try:
    runpy.run_path(sys.argv[1], run_name='__main__')
finally:
    assert 'torch' not in sys.modules
"""


@pytest.mark.parametrize(
    'tool', ['export_onnx', 'index_gallery', 'search', 'serve', 'show_attention']
)
def test_help_does_not_wait_for_torch(tool):
    command = [sys.executable, '-c', RUN, TOOLS / f'{tool}.py', '--help']
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert 'examples:' in answer.stdout
