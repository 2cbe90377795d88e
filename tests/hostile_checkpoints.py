"""Checkpoints that strangers might send: see ``hostile_files.py``, which has the other files."""

import ctypes
import os
import pickle
import runpy
import shutil
import subprocess
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import mmengine
import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import HistoryBuffer

from cpcl_mm.utils.safe_checkpoints import load_checkpoint_file

EVIL = "open('PWNED', 'w').close()"
URL = 'http://127.0.0.1:9/evil.pkl'


@dataclass(frozen=True)
class Attack:
    """A hostile file.

    Attributes:
        entrance (str): What opens it.
        name (str): What it tries.
        make (Callable): From a good file and a folder to the hostile one, in that folder.
        is_refused (bool): Whether opening it ends in an error, or as if nothing were in it.
    """

    entrance: str
    name: str
    make: Callable[[Path, Path], Path]
    is_refused: bool = True


class Call:
    """Is pickled as a call."""

    def __init__(self, function: Any, *args: Any, state: Any = None) -> None:
        self.reduced = (function, args) if state is None else (function, args, state)

    def __reduce__(self) -> tuple:
        return self.reduced


def _history(**state: Any) -> HistoryBuffer:
    buffer = HistoryBuffer([1.0], [1])
    buffer.__dict__.update(state)
    return buffer


_RECONSTRUCT: Any = np.zeros(0).__reduce__()[0]
_SCALAR: Any = np.float64(0).__reduce__()[0]

CALLS: dict[str, Any] = {
    'os.system': Call(os.system, 'touch PWNED'),
    'exec': Call(exec, EVIL),
    'eval': Call(eval, EVIL),
    'open': Call(open, 'PWNED', 'w'),
    'import': Call(__import__, 'this'),
    'import_module': Call(import_module, 'this'),
    'run_path': Call(runpy.run_path, 'evil.py'),
    'subprocess': Call(subprocess.Popen, ['touch', 'PWNED']),
    'rmtree': Call(shutil.rmtree, 'thesis.txt'),
    'urlopen': Call(urllib.request.urlopen, URL),
    'ctypes': Call(ctypes.CDLL, 'evil.so'),
    'pickle.loads': Call(pickle.loads, pickle.dumps(Call(exec, EVIL))),
    'torch.load': Call(torch.load, 'evil.bin'),
    'torch.hub.load': Call(torch.hub.load, '.', 'evil', 'local'),
    'numpy.load': Call(np.load, 'evil.npy', None, True),
    'mmengine.load': Call(mmengine.load, URL),
    'Config.fromstring': Call(Config.fromstring, EVIL, '.py'),
    'getattr': Call(getattr, HistoryBuffer, '__init__'),
    'ndarray of pointers': Call(np.ndarray, (4,), 'O', b'A' * 32),
    'ndarray of any bytes': Call(np.ndarray, (2**40,), 'u1'),
    'dtype of objects': Call(np.dtype, 'O'),
    'dtype of records': Call(np.dtype, [('a', 'O')]),
    'array of objects': np.array([Call(exec, EVIL)], dtype=object),
    'array larger than its bytes': Call(
        *(_RECONSTRUCT, np.ndarray, (0,), b'b'), state=(1, (2**40,), np.dtype('f8'), False, b'')
    ),
    'scalar of pointers': Call(_SCALAR, np.dtype('O'), b'A' * 8),
    'history with a statistic': Call(
        HistoryBuffer, state={'statistics_methods': {'mean': os.system}, 'max_length': 1}
    ),
    'history without numbers': _history(_log_history=np.array(['a'])),
    'rebuilt tensor': Call(torch._tensor._rebuild_from_type_v2, os.system, torch.Tensor, ('',), {}),
    'a class': os._Environ,
}
"""Pickled objects, each put into the log, the settings and the weights of a checkpoint in turn."""

PLACES: dict[str, Callable[[dict, Any], Any]] = {
    'log': lambda content, evil: content['message_hub']['log_scalars'].update(evil=evil),
    'meta': lambda content, evil: content['meta'].update(dataset_meta=evil),
    'weights': lambda content, evil: content['state_dict'].update(evil=evil),
}
ENTRANCES = ('resume', 'load_from', 'init_cfg', '--weights', 'search')
"""Entrances of checkpoints."""


def changed(change: Callable[[dict], Any], **options: Any) -> Callable[[Path, Path], Path]:
    """Make a checkpoint that is a good one but for a change."""

    def make(good: Path, folder: Path) -> Path:
        content = load_checkpoint_file(good)
        change(content)
        torch.save(content, folder / 'evil.pth', **options)
        return folder / 'evil.pth'

    return make


def written(content: bytes, name: str = 'evil.pth') -> Callable[[Path, Path], Path]:
    def make(good: Path, folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def _script(good: Path, folder: Path) -> Path:
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), folder / 'evil.pth')
    return folder / 'evil.pth'


def _archive(evil: Any, entry: str) -> Callable[[Path, Path], Path]:
    """Make a TorchScript archive with something evil as one of its entries."""

    def make(good: Path, folder: Path) -> Path:
        path = _script(good, folder)
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, 'w') as archive:
            for name, content in parts.items():
                archive.writestr(name, evil if Path(name).name == entry else content)
        return path

    return make


def _weights_attacks() -> list[Attack]:
    """TorchScript archives, which ``--weights`` reads as data."""
    by_name = b"cos\nsystem\n(S'touch PWNED'\ntR."
    made = {
        'calls where it has tensors': (pickle.dumps(Call(exec, EVIL)), 'data.pkl'),
        'calls by name': (by_name, 'data.pkl'),
        'calls an instance': (b"(ios\nsystem\nS'touch PWNED'\n.", 'data.pkl'),
        'loads a file': (b"ctorch\nload\n(S'evil.bin'\ntR.", 'data.pkl'),
        'changes a function': (
            b"ctorch._utils\n_rebuild_tensor_v2\n}S'__code__'\nNsb.",
            'data.pkl',
        ),
        'calls where it has constants': (pickle.dumps(Call(exec, EVIL)), 'constants.pkl'),
    }
    return [
        Attack('--weights', f'a TorchScript archive that {name}', _archive(*evil))
        for name, evil in made.items()
    ]


def _put(place: str, evil: Any) -> Callable[[Path, Path], Path]:
    return changed(lambda content: PLACES[place](content, evil))


def _checkpoint_attacks() -> list[Attack]:
    attacks = []
    for number, entrance in enumerate(ENTRANCES):
        for turn, (name, evil) in enumerate(CALLS.items()):
            place = list(PLACES)[(number + turn) % len(PLACES)]
            attacks.append(Attack(entrance, f'{name} in its {place}', _put(place, evil)))
        legacy = changed(
            lambda content: PLACES['meta'](content, Call(exec, EVIL)),
            _use_new_zipfile_serialization=False,
        )
        attacks += [
            Attack(entrance, 'exec in the format of old torch', legacy),
            Attack(
                entrance, 'a pickle of protocol 0', written(b"cos\nsystem\n(S'touch PWNED'\ntR.")
            ),
            Attack(entrance, 'a pickle', written(pickle.dumps(Call(exec, EVIL)))),
            Attack(entrance, 'a TorchScript archive', _script),
            Attack(entrance, 'Python', written(EVIL.encode())),
        ]
    return attacks


def _info(**info: Any) -> Callable[[Path, Path], Path]:
    return changed(lambda content: content['message_hub']['runtime_info'].update(info))


def _resume_attacks() -> list[Attack]:
    thesis = {'best_ckpt': 'thesis.txt', 'best_score': -1.0}
    return [
        Attack(
            'resume',
            'a config that is executed',
            changed(lambda content: content['meta'].update(config=EVIL)),
            is_refused=False,
        ),
        Attack('resume', 'a best checkpoint to remove', _info(**thesis), is_refused=False),
        Attack(
            'resume', 'checkpoints to remove', _info(keep_ckpt_ids=['../../thesis.txt'] * 9), False
        ),
        Attack('resume', 'a config for inferencers', _info(cfg=EVIL), is_refused=False),
    ]


ATTACKS = [*_checkpoint_attacks(), *_weights_attacks(), *_resume_attacks()]
"""All of them."""
