"""docs/how_it_works.md: its links, classes, config keys and figure are those of the code."""

import inspect
import re
import runpy
from itertools import chain
from pathlib import Path
from xml.etree import ElementTree

import pytest
from mmengine.config import Config, ConfigDict

import cpcl_mm.models
from cpcl_mm.apis.config_check import registered_types

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / 'docs' / 'how_it_works.md').read_text(encoding='utf-8')
TABLES = re.findall(r'^### (.*)\n\n((?:\|.*\n)+)', PAGE, re.MULTILINE)
FIGURE = ROOT / 'docs' / 'images' / 'flows.svg'
IN_FIGURE = ('', 'model.head.', 'default_hooks.pseudo_labels.', 'train_dataloader.dataset.')
"""What the figure leaves out before a key, for the picture says it."""


def rows():
    """Classes and config keys of every row; a heading says what all keys below it begin with."""
    for title, table in TABLES:
        start = ''.join(f'{key}.' for key in re.findall(r'below `(.+)`', title))
        for line in table.splitlines()[2:]:
            _, classes, keys = line.strip('|').split('|')
            yield re.findall('`(.+?)`', classes), [start + x for x in re.findall('`(.+?)`', keys)]


CLASSES, KEYS = (list(chain(*column)) for column in zip(*rows(), strict=True))


@pytest.fixture(scope='module')
def cfg():
    """CPCL on CUHK-PEDES, with its head written out."""
    contrast = dict(type='PrototypeLoss', pairs=[('image', 'image')])
    memory = dict(type='PrototypeMemory')
    head = dict(
        type='MatchingHead',
        losses=dict(
            instance=dict(type='InstanceLoss', loss=dict(type='SDMLoss')),
            intra=contrast,
            cross=contrast,
        ),
        memories=dict(image=memory, text=memory),
    )
    config = Config.fromfile(ROOT / 'configs' / 'cpcl_cuhk.py')
    config.model.head = ConfigDict(head)
    return config


def exists(node, key):
    """Whether a config has a key, or could: it is an argument of the class that stands there."""
    for name in key.split('.'):
        if name in node:
            node = node[name]
        else:
            return 'type' in node and name in arguments(registered_types()[node['type']][0])
    return True


def arguments(cls):
    return set(chain(*(inspect.signature(base.__init__).parameters for base in cls.__mro__)))


def test_every_class_of_the_table_exists():
    known = registered_types().keys() | set(cpcl_mm.models.__all__)
    assert len(CLASSES) > 25
    assert [name for name in CLASSES if name not in known] == []


def test_every_config_key_of_the_table_exists(cfg):
    assert len(KEYS) > 30
    assert [key for key in KEYS if not exists(cfg, key)] == []
    assert not exists(cfg, 'model.head.memories.image.momentums')


def test_every_link_into_the_code_leads_to_what_it_names():
    links = re.findall(r'\[`(\w+)`\]\(\.\./([^)]+)\)', PAGE)
    assert len(links) > 12
    for name, path in links:
        assert re.search(rf'^(class|def) {name}\b', (ROOT / path).read_text(), re.MULTILINE), name


def test_the_figure_is_what_the_script_draws():
    draw = runpy.run_path(str(ROOT / 'docs' / 'draw_flows.py'))['draw']
    assert FIGURE.read_text(encoding='utf-8') == draw()


def test_every_config_key_on_the_figure_exists(cfg):
    texts = ElementTree.parse(FIGURE).iter('{http://www.w3.org/2000/svg}text')
    keys = {''.join(one.itertext()) for one in texts if one.get('class', '').startswith('key')}
    assert {'model.image_backbone', 'losses', 'labeller.refine'} < keys
    assert [key for key in keys if not any(exists(cfg, p + key) for p in IN_FIGURE)] == []
