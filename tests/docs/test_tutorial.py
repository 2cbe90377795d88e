"""docs/tutorial.ipynb: its cells, run one after the other from crops to a search."""

import json
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest
from PIL import Image

import cpcl_mm

ROOT = Path(__file__).parents[2]
CELLS = json.loads((ROOT / 'docs' / 'tutorial.ipynb').read_text(encoding='utf-8'))['cells']
CODE = [cell for cell in CELLS if cell['cell_type'] == 'code']


def run(command):
    """Do what IPython does for a line ``%run script arguments``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, 'argv', shlex.split(command))
        try:
            runpy.run_path(sys.argv[0], run_name='__main__')
        except SystemExit as end:
            assert not end.code


@pytest.fixture(scope='module')
def namespace(tmp_path_factory):
    """The variables after the last cell; the cells write into a folder that looks like ours."""
    folder = tmp_path_factory.mktemp('repository')
    (folder / 'data').mkdir()
    for name in ('configs', 'tools'):
        (folder / name).symlink_to(ROOT / name)
    variables = {'run': run}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(cpcl_mm, '__file__', str(folder / 'cpcl_mm' / '__init__.py'))
        for number, cell in enumerate(CODE):
            lines = ''.join(cell['source']).replace('\\\n', '')
            code = re.sub(r'^%run (.*)$', r"run(r'\1')", lines, flags=re.MULTILINE)
            exec(compile(code, f'<cell {number}>', 'exec'), variables)
        yield variables


def test_cells_are_few_and_their_outputs_cleared():
    assert len(CODE) <= 10
    assert all(cell['outputs'] == [] and cell['execution_count'] is None for cell in CODE)


def test_it_finds_images_among_the_crops(namespace):
    assert [result.rank for result in namespace['results']] == list(range(1, 9))
    assert len(namespace['searcher'].gallery.names) == 248
    assert Image.open(namespace['results'][0].path).size == (48, 96)


def test_training_has_clustered_and_the_last_labels_are_shown(namespace):
    assert namespace['report'].epoch == 10
    assert namespace['report'].modalities['image'].clusters > 10
