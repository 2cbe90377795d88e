"""What the README promises is there."""

import json
import re
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from cpcl_mm.apis.config_check import check_types
from cpcl_mm.registry import DATASETS

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')


def block(language, containing):
    """The code block of a language that holds a text."""
    blocks = re.findall(rf'```{language}\n(.*?)```', README, flags=re.DOTALL)
    return next(text for text in blocks if containing in text)


@pytest.mark.parametrize('marker', ['run-command', 'test-command'])
def test_the_two_commands_are_one_line_each(marker):
    command = re.search(rf'<!-- {marker} -->\n```bash\n(.*?)```\n<!-- end -->', README, re.DOTALL)
    assert command[1].strip().count('\n') == 0
    assert 'pip install -e' in command[1]


def test_files_and_pictures_that_it_names_exist():
    named = re.findall(r'\]\((?!http)([^)#]+)\)', README)
    named += re.findall(r'(?:tools|configs|docs)/[\w/]+\.(?:py|md|png|sh)', README)
    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_annotation_file_and_the_config_for_own_data_work(tmp_path, pedes_root):
    record = json.loads(block('json', 'img_path'))[0]
    assert record.keys() == {'img_path', 'captions', 'id', 'split'}
    text = block('python', 'data/mine').replace('data/mine', str(pedes_root))
    text = text.replace('captions.json', 'data_captions.json')
    (tmp_path / 'mine.py').write_text(text)
    cfg = Config.fromfile(tmp_path / 'mine.py')
    check_types(cfg)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        for part in ('train', 'val', 'test'):
            assert len(DATASETS.build(cfg[f'{part}_dataloader'].dataset)) > 0


def test_the_config_that_uses_a_part_names_registered_types(tmp_path):
    (tmp_path / 'part.py').write_text(block('python', 'ImageClassifier'))
    check_types(Config.fromfile(tmp_path / 'part.py', import_custom_modules=False))
