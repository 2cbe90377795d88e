"""A wheel, built from the sdist, brings configs and tools to any folder."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from cpcl_mm import __version__

ROOT = Path(__file__).parents[1]


def run(*command, folder):
    env = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope='module')
def programs(tmp_path_factory):
    """The programs of a fresh environment with the wheel in it, beside the dependencies of this."""
    folder = tmp_path_factory.mktemp('wheel')
    sdist = [sys.executable, 'setup.py', '-q', 'egg_info', '-e', folder, 'sdist', '-d', folder]
    run(*sdist, folder=ROOT)
    pip = [sys.executable, '-m', 'pip', '-q', '--disable-pip-version-check']
    without = ['--no-deps', '--no-build-isolation']
    run(*pip, 'wheel', *without, '-w', folder, next(folder.glob('*.tar.gz')), folder=folder)
    venv.create(folder / 'env', with_pip=False)
    python = folder / 'env' / 'bin' / 'python'
    place = json.loads(run(python, '-c', PRINT_PLACE, folder=folder))
    # With its own .pth files: that of setuptools has distutils, which Python 3.12 dropped.
    dependencies = f'import site; site.addsitedir({sysconfig.get_path("purelib")!r})'
    Path(place, 'dependencies.pth').write_text(dependencies)
    wheel = next(folder.glob('*.whl'))
    run(*pip, '--python', python, 'install', '--no-deps', wheel, folder=folder)
    return python.parent


PRINT_PLACE = "import json, sysconfig; print(json.dumps(sysconfig.get_path('purelib')))"
PRINT_VERSION = "import importlib.metadata; print(importlib.metadata.version('cpcl_mm'))"
FIND_CONFIG = """
from mmengine.hub import get_config
import cpcl_mm
assert 'site-packages' in cpcl_mm.__file__, cpcl_mm.__file__
print(get_config('cpcl_mm::cpcl_synthetic.py').filename)
"""


def test_an_epoch_is_trained_from_an_empty_folder(programs, tmp_path, write_small_config):
    folder = tmp_path / 'empty'
    folder.mkdir()
    config = folder / 'mine.py'
    write_small_config(config, 'itc/clip_itc_synthetic.py', '')
    named = config.read_text().replace(f'{ROOT}/configs/', 'cpcl_mm::')
    assert "'cpcl_mm::itc/clip_itc_synthetic.py'" in named
    config.write_text(named)
    run(
        programs / 'cpcl-train', 'mine.py', '--cfg-options', 'train_cfg.max_epochs=1', folder=folder
    )
    assert json.loads((folder / 'work_dirs' / 'mine' / 'test_scores.json').read_text())


def test_mmengine_finds_the_configs_of_the_wheel(programs, tmp_path):
    found = Path(run(programs / 'python', '-c', FIND_CONFIG, folder=tmp_path).split()[-1])
    assert found.name == 'cpcl_synthetic.py'
    assert programs.parent in found.parents
    for folder in ('configs', 'tools'):
        ours = {file.relative_to(ROOT / folder) for file in (ROOT / folder).glob('**/[!.]*.*')}
        theirs = found.parents[1] / folder
        brought = {file.relative_to(theirs) for file in theirs.glob('**/[!.]*.*')}
        compiled = {file for file in ours | brought if '__pycache__' in file.parts}
        assert ours - compiled == brought - compiled


def test_the_version_is_that_of_the_package_and_of_the_latest_changes(programs, tmp_path):
    installed = run(programs / 'python', '-c', PRINT_VERSION, folder=tmp_path).strip()
    assert installed == __version__
    sections = re.findall(r'^## (\S+)', (ROOT / 'CHANGELOG.md').read_text(), re.M)
    assert sections[0] in (__version__, 'Unreleased')
    assert __version__ in sections


def test_a_command_says_how_it_is_used(programs, tmp_path):
    assert '--gallery GALLERY' in run(programs / 'cpcl-search', '--help', folder=tmp_path)
