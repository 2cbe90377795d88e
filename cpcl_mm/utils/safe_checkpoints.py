"""Reading checkpoints as data: nothing in a file is called, imported or evaluated."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from mmengine.logging import print_log
from mmengine.runner import CheckpointLoader
from safetensors import safe_open

from .plain_data import copy_containers, history_from_plain
from .stand_ins import STAND_INS, exchange

_FORCE, _FORCE_NOT = 'TORCH_FORCE_WEIGHTS_ONLY_LOAD', 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'
_BEST = re.compile(r'best_[^/\\]+\.pth')
_lock = threading.RLock()


def load_checkpoint_file(path: str | Path, map_location: Any = 'cpu') -> dict[str, Any]:
    """Read a checkpoint as plain data, whatever it asks for.

    Of types beyond torch's own it may hold those that mmengine stores: NumPy's arrays have become
    tensors, its scalars Python's numbers, and the buffers of the log dicts (see
    :mod:`~cpcl_mm.utils.plain_data`). Writing the result by ``torch.save`` makes a file that torch
    alone can read. Of a ``.safetensors`` file the tensors are the ``state_dict``, and the texts
    beside them its ``meta``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no checkpoint, damaged, or holds anything but data.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f'there is no checkpoint {str(path)!r}')
    with data_only(path):
        if file.suffix == '.safetensors':
            with safe_open(file, framework='pt') as content:
                return {
                    'state_dict': {key: content.get_tensor(key) for key in content.keys()},  # noqa: SIM118
                    'meta': content.metadata() or {},
                }
        return _as_plain(torch.load(file, map_location=map_location, weights_only=True))


@contextmanager
def data_only(source: str | Path) -> Iterator[None]:
    """Let torch read data only, whatever else this process allows it, and say what is wrong.

    Raises:
        ValueError: If reading fails: names the source.
    """
    try:
        with _lock, _environment(), _types():
            yield
    except (ConnectionError, FileNotFoundError, PermissionError):
        raise
    # In a file of another kind, torch's unpickler stumbles over KeyError, IndexError, ...
    except Exception as error:
        raise ValueError(
            f'{source} cannot be read as a checkpoint, or asks for code to be executed '
            f'({_reason(error)})'
        ) from error


def guard_checkpoint_loading() -> None:
    """Have mmengine's Runner, hooks and models load checkpoints as data, by this module.

    ``load_from``, ``resume``, ``init_cfg=dict(type='Pretrained')`` and
    :func:`mmengine.runner.load_checkpoint` come this way.
    """
    # By the beginnings of addresses; torch.hub, which some loaders use, runs pickles.
    for prefix, load in CheckpointLoader._schemes.items():
        guarded = _guarded(load) if prefix else load_from_local
        CheckpointLoader.register_scheme(prefix, guarded, force=True)


def load_from_local(filename: str, map_location: Any = None) -> dict[str, Any]:
    """Load a local file for mmengine, whose log names a loader by what follows ``load_from_``.

    History buffers are where the Runner wants them, and what it would evaluate is left out.
    """
    checkpoint = load_checkpoint_file(filename, map_location)
    return _for_runner(checkpoint, filename, Path(filename).parent)


def _guarded(load: Callable) -> Callable:
    @wraps(load)
    def load_as_data(filename: str, map_location: Any = None) -> dict[str, Any]:
        with data_only(filename):
            checkpoint = _as_plain(load(filename, map_location=map_location))
        return _for_runner(checkpoint, filename, None)

    return load_as_data


@contextmanager
def _environment() -> Iterator[None]:
    """Have torch read data only where a library asks for the contrary."""
    before = {name: os.environ.pop(name, None) for name in (_FORCE, _FORCE_NOT)}
    os.environ[_FORCE] = '1'
    try:
        yield
    finally:
        del os.environ[_FORCE]
        os.environ.update({name: value for name, value in before.items() if value is not None})


@contextmanager
def _types() -> Iterator[None]:
    """Let files name torch's own safe types and the stand-ins, and nothing else."""
    before = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    torch.serialization.add_safe_globals([*STAND_INS])
    try:
        yield
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)


def _as_plain(content: Any) -> dict[str, Any]:
    content = copy_containers(content, exchange)
    if not isinstance(content, dict):
        raise UnpicklingError(f'it holds a {type(content).__name__}, not a dict')
    for part in (content, content.get('state_dict')):
        names = [key for key in part if not isinstance(key, str)] if isinstance(part, dict) else []
        if names:
            raise UnpicklingError(f'{names[0]!r:.40} is no name of a weight')
    return content


def _for_runner(
    checkpoint: dict[str, Any], source: str | Path, folder: Path | None
) -> dict[str, Any]:
    """Give a checkpoint the types that a Runner expects, without what it would act upon.

    ``meta['config']`` would be executed by ``Runner.resume``; ``message_hub`` names files that
    ``CheckpointHook`` removes, and a config that mmengine's inferencers execute.
    """
    meta, hub = checkpoint.get('meta'), checkpoint.get('message_hub')
    try:
        if isinstance(meta, dict):
            meta.pop('config', None)
            _check_numbers(meta)
        if hub is not None:
            for key, plain in hub['log_scalars'].items():
                hub['log_scalars'][key] = history_from_plain(plain)
            hub['runtime_info'] = _harmless(hub['runtime_info'], folder)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f'{source} is no checkpoint that can be used ({error})') from error
    return checkpoint


def _check_numbers(meta: dict[str, Any]) -> None:
    for key in ('epoch', 'iter', 'seed'):
        value = meta.get(key)
        if value is not None and (not isinstance(value, int) or value < 0):
            raise ValueError(f"meta['{key}'] = {value!r:.40} is no whole number")


def _harmless(info: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """Keep what a Runner remembers, as long as it leads to no file but a best checkpoint."""
    kept = {key: value for key, value in info.items() if key != 'cfg'}
    for key in [key for key in kept if key.startswith('best_ckpt')]:
        name = Path(str(kept.pop(key))).name
        # It lies beside the others, also where their folder has moved.
        if folder is not None and _BEST.fullmatch(name) and (folder / name).exists():
            kept[key] = str(folder / name)
        elif kept.pop('best_score' + key.removeprefix('best_ckpt'), None) is not None:
            print_log(
                f'{name!r:.80} is not beside the checkpoint that is loaded: the best one is '
                'chosen among those that follow.',
                logger='current',
            )
    steps = kept.get('keep_ckpt_ids', [])
    if not isinstance(steps, list) or not all(isinstance(step, int) for step in steps):
        del kept['keep_ckpt_ids']
    return kept


def _reason(error: Exception) -> str:
    """Give the cause in a sentence: PyTorch goes on to recommend to load without protection."""
    text = str(error)
    if asked := re.search(r'nsupported (?:global: )?GLOBAL (\S+)', text):
        return f'it asks for {asked[1]}, which is no data'
    if 'TorchScript' in text or '.tar' in text:
        return 'it is a TorchScript archive or of the form of torch 0.1, which hold code'
    text = text.partition('WeightsUnpickler error: ')[2] or text.partition('. ')[0]
    return f'{type(error).__name__}: {text.strip().partition(chr(10))[0]}'
