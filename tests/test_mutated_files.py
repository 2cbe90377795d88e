"""Real files with changed bytes are loaded, or refused by an error that names them."""

import io
import json
import os
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mmengine.logging import MessageHub
from mmengine.runner import CheckpointLoader

from cpcl_mm.search import Gallery, IndexSettings, ModelOrigin
from cpcl_mm.search.export_manifest import Manifest, hash_files
from cpcl_mm.search.gallery_file import read_gallery, write_gallery
from cpcl_mm.search.search_config import config_from_checkpoint
from cpcl_mm.utils.safe_checkpoints import load_checkpoint_file

# More on the command line: CPCL_MM_MUTATIONS=10000 python -m pytest tests/test_mutated_files.py
mutations = settings(
    max_examples=int(os.environ.get('CPCL_MM_MUTATIONS', '60')),
    deadline=None,
    derandomize='CPCL_MM_MUTATIONS' not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 6),
        st.one_of(st.binary(max_size=3), st.sampled_from([b'0', b'-', b'[', b'"', b'9' * 6])),
    ),
    min_size=1,
    max_size=4,
)
"""Where, of the length; bytes that go; bytes that come."""


def mutate(content, changes):
    for place, gone, come in changes:
        start = int(place * len(content))
        content = content[:start] + come + content[start + gone :]
    return content


def mutate_part(content, number, changes):
    """Change a file within an archive, whose check sums are right again."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, 'w') as new:
        names = old.namelist()
        for name in names:
            part = old.read(name)
            changed = name == names[number % len(names)]
            new.writestr(name, mutate(part, changes) if changed else part)
    return written.getvalue()


def assert_loads_or_names(load, path):
    try:
        load(path)
    except ValueError as error:
        assert path.name in str(error)


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    """What mmengine writes, with a log and a config."""
    hub = MessageHub('mutated')
    hub.update_scalar('loss', 1.5)
    hub.update_info('best_score', np.float64(61.5))
    text = """model = dict(type='TextToImageRetriever',
        image_backbone=dict(type='ResNet', depth=50, norm_cfg=dict(type='BN', eps=1e-5)),
        text_backbone=dict(type='CLIPTextTower', architecture='cpcl-tiny'))
test_pipeline = [dict(type='Resize', scale=(48, 96)), dict(type='PackImageCaption')]"""
    content = {
        'meta': {'epoch': 1, 'iter': 3, 'cfg': text},
        'state_dict': torch.nn.BatchNorm1d(2).state_dict(),
        'message_hub': hub.state_dict(),
    }
    path = tmp_path_factory.mktemp('good') / 'epoch_1.pth'
    torch.save(content, path)
    return path


@pytest.fixture(scope='module')
def gallery(tmp_path_factory):
    gallery = Gallery(ModelOrigin('c0105', 'colors.pth'), IndexSettings('ivf', 4))
    gallery.put([('a.jpg', '1'), ('b.jpg', '1')], np.eye(2, 3, dtype=np.float32))
    path = tmp_path_factory.mktemp('good') / 'g.npz'
    write_gallery(gallery, path)
    return path


@pytest.fixture(scope='module')
def export(tmp_path_factory):
    folder = tmp_path_factory.mktemp('good') / 'export'
    folder.mkdir()
    (folder / 'image.onnx').write_bytes(b'image')
    Manifest(
        **dict(fingerprint='a', checkpoint='a.pth', dimensions=8, image_size=[8, 8]),
        **dict(channel_order='RGB', mean=[1.0] * 3, std=[1.0] * 3, context_length=8, vocab_size=9),
        **dict(max_difference=0.0, scope='cpcl_mm', files=hash_files(folder)),
        pipeline=repr([dict(type='Resize', scale=(48, 96))]),
    ).write(folder)
    return folder


def load_for_a_runner(path):
    CheckpointLoader.load_checkpoint(str(path), 'cpu', logger='silent')


def load_for_searching(path):
    config_from_checkpoint(load_checkpoint_file(path), str(path))


@pytest.mark.parametrize('load', [load_for_a_runner, load_for_searching])
@mutations
@given(changes=CHANGES, part=st.none() | st.sampled_from([0, 0, 0, 1, 2, 3]))
def test_a_checkpoint(checkpoint, tmp_path, load, changes, part):
    content = checkpoint.read_bytes()
    path = tmp_path / 'mutated.pth'
    path.write_bytes(
        mutate(content, changes) if part is None else mutate_part(content, part, changes)
    )
    assert_loads_or_names(load, path)


@mutations
@given(changes=CHANGES)
def test_the_config_in_a_checkpoint(checkpoint, changes):
    text = load_checkpoint_file(checkpoint)['meta']['cfg']
    mutated = mutate(text.encode(), changes).decode('latin1')
    try:
        config_from_checkpoint({'meta': {'cfg': mutated}}, 'mutated.pth')
    except ValueError as error:
        assert 'mutated.pth' in str(error)


@mutations
@given(changes=CHANGES, part=st.none() | st.integers(0, 2))
def test_a_gallery(gallery, tmp_path, changes, part):
    content = gallery.read_bytes()
    path = tmp_path / 'mutated.npz'
    path.write_bytes(
        mutate(content, changes) if part is None else mutate_part(content, part, changes)
    )
    assert_loads_or_names(read_gallery, path)


@mutations
@given(changes=CHANGES)
def test_the_facts_of_an_export(export, tmp_path, changes):
    folder = tmp_path / 'mutated'
    folder.mkdir(exist_ok=True)
    (folder / 'image.onnx').write_bytes(b'image')
    (folder / 'export.json').write_bytes(mutate((export / 'export.json').read_bytes(), changes))
    assert_loads_or_names(Manifest.read, folder)


@mutations
@given(
    values=st.dictionaries(
        st.sampled_from(['mean', 'scope', 'files', 'pipeline', 'version', 'format', 'image_size']),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
            max_leaves=4,
        ),
    )
)
def test_facts_of_other_types(export, tmp_path, values):
    facts = json.loads((export / 'export.json').read_text())
    folder = tmp_path / 'mutated'
    folder.mkdir(exist_ok=True)
    (folder / 'image.onnx').write_bytes(b'image')
    (folder / 'export.json').write_text(json.dumps({**facts, **values}))
    assert_loads_or_names(Manifest.read, folder)
