"""The tools as commands: ``cpcl-train`` runs ``tools/train.py``, from any folder.

A wheel brings configs and tools in OpenMMLab's way, in the package's folder ``.mim``.
"""

import runpy
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

TOOLS = Path(__file__).parent / '.mim' / 'tools'


def run_tool(name: str) -> None:
    """Run a tool with the command line of this process.

    Args:
        name (str): Name of its file in ``tools/``, without ``.py``.
    """
    path = TOOLS / f'{name}.py'
    # As Python itself does for a script: help and errors name the tool, and it finds its neighbors.
    sys.argv[0] = str(path)
    sys.path.insert(0, str(path.parent))
    runpy.run_path(str(path), run_name='__main__')


def __getattr__(name: str) -> Callable[[], None]:
    """Give the entry point of a tool; ``setup.py`` declares one for each file in ``tools/``."""
    if not (TOOLS / f'{name}.py').is_file():
        raise AttributeError(f'{name}: there is no such tool in {TOOLS}')
    return partial(run_tool, name)
