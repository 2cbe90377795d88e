"""Finds misspelled types and keys in a config before anything is built from it."""

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import mmengine.registry
import mmpretrain.registry
from mmengine.config import Config
from mmengine.optim import AmpOptimWrapper
from mmengine.registry import Registry
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner, TestLoop, ValLoop
from torch.utils.data import DataLoader

import cpcl_mm.registry
from cpcl_mm.utils.text import first_few

# Names, and whether there are no others.
Names = tuple[set[str], bool]

# The keys at the top of a config that the Runner reads; others are variables of the config file.
RUNNER_KEYS = (set(inspect.signature(Runner).parameters) - {'cfg'}) | {
    *('compile', 'activation_checkpointing', 'efficient_conv_bn_eval', 'custom_imports')
}
# What mmengine's ProfilerHook calls its handlers; they are in no registry.
_PROFILER_HANDLERS = ('log_trace', 'tb_trace')
# What the Runner, or a registry, takes out of a dict before it builds something from the rest.
_TAKEN_OUT = {'type', '_scope_', 'priority', 'convert_to_iter_based', 'override', 'by_epoch'}
# Dicts that a class takes apart itself: more may stand in them than their type takes.
_TAKEN_APART = ('norm_cfg', 'act_cfg', 'conv_cfg', 'policies')
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
# Packages that build what a config says as it is.
_STRICT = {'cpcl_mm', 'mmengine', 'torch'}
_PARAMWISE_KEYS = {
    *('custom_keys', 'bias_lr_mult', 'bias_decay_mult', 'norm_decay_mult', 'flat_decay_mult'),
    *('dwconv_decay_mult', 'dcn_offset_lr_mult', 'bypass_duplicate', 'layer_decay_rate'),
}


def walk(node: Any, path: str = '') -> Iterator[tuple[str, Any]]:
    """Yield dotted key, as ``--cfg-options`` takes it, and value of every part of a config."""
    yield path, node
    if isinstance(node, list | tuple):
        node = dict(enumerate(node))
    for key, value in node.items() if isinstance(node, dict) else ():
        yield from walk(value, f'{path}.{key}' if path else str(key))


def read_part(cfg: Config) -> dict[str, Any]:
    """Give the part of a config that the Runner reads, with plain containers."""
    return {key: value for key, value in cfg.to_dict().items() if key in RUNNER_KEYS}


def copies_of(name: str, cfg: Config) -> list[str]:
    """Find the dotted keys to which a variable of a config file was copied when it was read.

    Flags, 0 and 1, which stand at many places, have none.
    """
    value = cfg.to_dict()[name]
    if isinstance(value, bool | None) or value in (0, 1, '', [], (), {}):
        return []
    return [path for path, node in walk(read_part(cfg)) if path and _is_copy(node, value)]


def _is_copy(node: Any, value: Any) -> bool:
    """Compare; (height, width) may have become (width, height)."""
    if isinstance(node, list | tuple) and isinstance(value, list | tuple):
        return list(value) in (list(node), list(reversed(node)))
    return isinstance(node, type(value)) and node == value


def nearest(name: str, known: Iterable[str]) -> str:
    """Write what a mistyped name probably meant, or the first of the names that there are."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3)
    return f'did you mean {" or ".join(near)}?' if near else f'there are {first_few(known, 20)}'


def registered_types() -> dict[str, list[Any]]:
    """Collect by name what the registries of all imported scopes hold."""
    types: dict[str, list[Any]] = {}
    # Some nodes of mmpretrain and of this package hang below none of mmengine's.
    modules = (mmengine.registry, mmpretrain.registry, cpcl_mm.registry)
    waiting = [node for m in modules for node in vars(m).values() if isinstance(node, Registry)]
    while waiting:
        node = waiting.pop()
        node.import_from_location()
        for name, registered in node.module_dict.items():
            types.setdefault(name, []).append(registered)
        waiting.extend(node.children.values())
    return types


def check_types(cfg: Config) -> None:
    """Check that every ``type`` in a config is registered somewhere.

    Raises:
        ValueError: If a name is unknown: the config file, the key, the name and what was probably
            meant.
    """
    known = registered_types()
    for path, node in walk(cfg.to_dict()):
        name = node.get('type') if isinstance(node, dict) else None
        if not isinstance(name, str) or name in _PROFILER_HANDLERS:
            continue
        if name.split('.')[-1] not in known:
            near = ' or '.join(difflib.get_close_matches(name, known, n=3))
            remedy = 'import the module that registers it by custom_imports'
            remedy = f'did you mean {near}?' if near else remedy
            raise ValueError(f'{cfg.filename}: {path}.type = {name!r} is not registered; {remedy}')


def check_keys(cfg: Config) -> None:
    """Check that what a config gives to a class, whose name is known, is something that it takes.

    Raises:
        ValueError: If a key is unknown: the config file, the key's path and the nearest name.
    """
    settings = read_part(cfg)
    types, without_type = registered_types(), _parts_without_type(settings)
    for path, node in walk(settings):
        if not isinstance(node, dict):
            continue
        if isinstance(name := node.get('type'), str):
            choices = [accepted_arguments(built) for built in types.get(name.split('.')[-1], [])]
            if path == 'optim_wrapper':
                choices.append(without_type[path][1])
            if choices and not any(part in path for part in _TAKEN_APART):
                _check(cfg.filename, path, node, name, choices)
        elif path in without_type and 'type' not in node:
            reader, names = without_type[path]
            _check(cfg.filename, path, node, reader, [names])
    _check_hooks(cfg.filename, settings.get('default_hooks') or {})
    _check_top(cfg)


def accepted_arguments(built: Callable) -> Names:
    """List the names of the arguments that a class or a function takes, and whether these are all.

    The base classes of a class are looked at as far as it passes on ``**kwargs``.
    """
    owners = [built]
    if inspect.isclass(built):
        owners = [base for base in built.__mro__ if '__init__' in vars(base)]
    names: set[str] = set()
    for number, owner in enumerate(owners):
        function = vars(owner)['__init__'] if inspect.isclass(owner) else owner
        try:
            parameters = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            break
        names |= {each.name for each in parameters if each.kind in _BY_NAME}
        if all(each.kind is not inspect.Parameter.VAR_KEYWORD for each in parameters):
            # Who passes arguments on may pass them elsewhere than to a base class, and classes of
            # other packages may take a part of the config apart before it is built.
            packages = {each.__module__.split('.')[0] for each in owners[: number + 1]}
            return names, packages <= ({'cpcl_mm'} if number else _STRICT)
    return names, False


def _check(file: str | None, path: str, node: dict, reader: str, choices: list[Names]) -> None:
    """Refuse a key that none of the choices takes.

    Where there may be other names, only what resembles one of them is refused.
    """
    known = set().union(*(names for names, _ in choices)) - {'self'}
    is_closed = all(closed for _, closed in choices)
    for key in node.keys() - _TAKEN_OUT - known:
        if is_closed or difflib.get_close_matches(str(key), known, cutoff=0.8):
            raise ValueError(
                f'{file}: {path}.{key} is nothing that {reader} takes; {nearest(key, known)}'
            )


def _check_hooks(file: str | None, hooks: dict) -> None:
    """Refuse settings of a hook that is not there."""
    for name, hook in hooks.items():
        if isinstance(hook, dict) and 'type' not in hook:
            known = [other for other, settings in hooks.items() if 'type' in (settings or {})]
            raise ValueError(f'{file}: default_hooks.{name} has no type; {nearest(name, known)}')


def _check_top(cfg: Config) -> None:
    """Refuse a name at the top that nothing uses, and that is nearly one that the Runner reads."""
    for name in cfg.keys() - RUNNER_KEYS:
        near = difflib.get_close_matches(name, RUNNER_KEYS, cutoff=0.85)
        if near and not copies_of(name, cfg):
            raise ValueError(f'{cfg.filename}: nothing reads {name!r}; did you mean {near[0]}?')


def _parts_without_type(settings: dict) -> dict[str, tuple[str, Names]]:
    """Give who reads a part of the config that has no type, and the names for it."""
    by_epoch = (settings.get('train_cfg') or {}).get('by_epoch', True)
    loops = dict(train=EpochBasedTrainLoop if by_epoch else IterBasedTrainLoop)
    wrapper = accepted_arguments(AmpOptimWrapper)[0] | {'constructor', 'paramwise_cfg'}
    loader = accepted_arguments(DataLoader)[0] | {'dataset', 'num_batch_per_epoch'}
    parts: dict[str, tuple[str, Names]] = {
        'optim_wrapper': ('OptimWrapper', (wrapper, True)),
        'optim_wrapper.paramwise_cfg': ('the optimizer wrapper', (_PARAMWISE_KEYS, False)),
        'env_cfg': ('Runner', ({'cudnn_benchmark', 'mp_cfg', 'dist_cfg', 'resource_limit'}, True)),
        'auto_scale_lr': ('Runner', ({'base_batch_size', 'enable'}, True)),
        'randomness': ('Runner', accepted_arguments(Runner.set_randomness)),
    }
    for split, loop in (*loops.items(), ('val', ValLoop), ('test', TestLoop)):
        parts[f'{split}_cfg'] = (loop.__name__, accepted_arguments(loop))
        parts[f'{split}_dataloader'] = ('DataLoader', (loader, True))
    return parts
