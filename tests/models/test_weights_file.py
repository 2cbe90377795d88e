import argparse
import tarfile
import zipfile

import pytest
import torch

from cpcl_mm.models.clip_weights import load_tower_weights
from cpcl_mm.models.weights_file import diagnose, unpack

WEIGHTS = {'visual.proj': torch.ones(2, 2), 'text_projection': torch.ones(2, 2)}


def zipped(path):
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('readme.txt', 'hello')


def tarred(path):
    with tarfile.open(path, 'w') as archive:
        archive.addfile(tarfile.TarInfo('best.pth'))


def cut(path):
    torch.save(WEIGHTS, path)
    path.write_bytes(path.read_bytes()[:-200])


@pytest.mark.parametrize(
    ('write', 'meaning'),
    [
        (
            lambda path: path.write_text('version https://git-lfs.github.com/spec/v1'),
            'git lfs pull',
        ),
        (lambda path: path.write_text('\n<!DOCTYPE html><title>404'), 'is a web page'),
        (lambda path: path.write_text('{"error": 1}'), 'is a text that begins with .{"error"'),
        (lambda path: path.write_bytes(b''), 'is empty'),
        (lambda path: path.write_bytes(b'\x1f\x8b\x08'), 'is a compressed archive'),
        (lambda path: path.write_bytes(b'\xff\xfe\x00'), 'is damaged, or of another format'),
        (cut, 'is cut off after [0-9,]+ bytes'),
        (zipped, 'is a ZIP archive of readme.txt'),
        # As RDE's weights come.
        (tarred, 'is an archive of several files: unpack it'),
        (lambda path: torch.save({'args': argparse.Namespace()}, path), 'beside the weights .arg'),
    ],
)
def test_what_is_no_file_of_weights_is_called_by_its_name(tmp_path, write, meaning):
    write(path := tmp_path / 'weights.pt')
    with pytest.raises(ValueError, match=f'weights.pt .*{meaning}'):
        load_tower_weights(str(path), 'RN50', 'visual')


def test_damage_that_the_check_sums_show(tmp_path):
    torch.save({'visual.proj': torch.ones(1000)}, path := tmp_path / 'weights.pt')
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert diagnose(path, ValueError()).startswith('is damaged in weights/data/0')


def test_cut_safetensors(tmp_path):
    (path := tmp_path / 'model.safetensors').write_bytes(b'\x40\0\0\0\0\0\0\0{')
    assert diagnose(path, ValueError('header too large')).startswith('is cut or damaged (header')


def test_a_folder_is_answered_with_its_files(tmp_path):
    (tmp_path / 'model.safetensors').touch()
    with pytest.raises(FileNotFoundError, match='is a folder: .* one of model.safetensors'):
        load_tower_weights(str(tmp_path), 'RN50', 'visual')


@pytest.mark.parametrize(
    'content',
    [
        {'state_dict': {f'module.{key}': value for key, value in WEIGHTS.items()}, 'epoch': 1},
        {'model': WEIGHTS | {'lr': 1}},
        {'net': {'state_dict': {key: x.half() for key, x in WEIGHTS.items()}}},
    ],
)
def test_nested_dicts_prefixes_of_several_gpus_and_half_precision_are_seen_through(
    tmp_path, content
):
    weights = unpack(content, tmp_path)
    assert weights.keys() == WEIGHTS.keys()
    assert {x.dtype for x in weights.values()} == {torch.float32}


def test_a_dict_that_holds_itself_ends(tmp_path):
    content = {'state_dict': {}}
    content['state_dict'] = content
    with pytest.raises(ValueError, match='is not a state dict'):
        unpack(content, tmp_path)


@pytest.mark.parametrize(
    ('content', 'meaning'),
    [
        ([1, 2], 'holds a list, and no dict'),
        ({'epoch': 1, 'args': 2}, 'is not a state dict: it holds epoch, args'),
    ],
)
def test_what_holds_no_weights(tmp_path, content, meaning):
    with pytest.raises(ValueError, match=meaning):
        unpack(content, tmp_path)
