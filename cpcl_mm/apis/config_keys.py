"""Finds mistyped keys in a config before anything is built from it."""

import difflib
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from mmengine.config import Config
from mmengine.optim import AmpOptimWrapper
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner, TestLoop, ValLoop
from torch.utils.data import DataLoader

from cpcl_mm.utils.text import first_few

from .config_check import iterate_types, registered_types
from .config_walk import RUNNER_KEYS, copies_of, read_part

# Names, and whether there are no others.
Names = tuple[set[str], bool]

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


def check_keys(cfg: Config) -> None:
    """Check that what a config gives to a class is something that the class takes.

    Args:
        cfg (Config): The config, whose types are known to be registered.

    Raises:
        ValueError: If a key is unknown: the config file, the key's path and the nearest name.
    """
    settings = read_part(cfg)
    types = registered_types()
    for path, name in iterate_types(settings):
        choices = [accepted_arguments(built) for built in types.get(name.split('.')[-1], [])]
        if path == 'optim_wrapper':
            choices.append((_wrapper_keys(), True))
        if choices and not any(part in path for part in _TAKEN_APART):
            _check(cfg.filename, path, _at(settings, path), name, choices)
    for path, (reader, names) in _parts_without_type(settings).items():
        node = _at(settings, path)
        if isinstance(node, dict) and 'type' not in node:
            _check(cfg.filename, path, node, reader, [names])
    _check_hooks(cfg.filename, settings.get('default_hooks') or {})
    _check_top(cfg)


def accepted_arguments(built: Callable) -> Names:
    """List the names of the arguments that a class or a function takes.

    Args:
        built (Callable): The class, whose base classes are looked at as far as it passes on
            ``**kwargs``; or the function.

    Returns:
        tuple[set[str], bool]: The names, and whether there are no others.
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


def nearest(name: str, known: Iterable[str]) -> str:
    """Write what was probably meant by a mistyped name.

    Args:
        name (str): The name.
        known (Iterable[str]): The names that there are.

    Returns:
        str: ``'did you mean a or b?'``, or the first of the known names.
    """
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=3)
    return f'did you mean {" or ".join(near)}?' if near else f'there are {first_few(known, 20)}'


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


def _wrapper_keys() -> set[str]:
    more = {'constructor', 'paramwise_cfg'}
    return accepted_arguments(AmpOptimWrapper)[0] | more


def _parts_without_type(settings: dict) -> dict[str, tuple[str, Names]]:
    """Give who reads a part of the config that has no type, and the names for it."""
    by_epoch = (settings.get('train_cfg') or {}).get('by_epoch', True)
    train_loop = EpochBasedTrainLoop if by_epoch else IterBasedTrainLoop
    parts: dict[str, tuple[str, Names]] = {
        'optim_wrapper': ('OptimWrapper', (_wrapper_keys(), True)),
        'optim_wrapper.paramwise_cfg': ('the optimizer wrapper', (_PARAMWISE_KEYS, False)),
        'env_cfg': ('Runner', ({'cudnn_benchmark', 'mp_cfg', 'dist_cfg', 'resource_limit'}, True)),
        'auto_scale_lr': ('Runner', ({'base_batch_size', 'enable'}, True)),
        'randomness': ('Runner', accepted_arguments(Runner.set_randomness)),
    }
    loops = (('train', train_loop), ('val', ValLoop), ('test', TestLoop))
    for split, loop in loops:
        parts[f'{split}_cfg'] = (loop.__name__, accepted_arguments(loop))
        names = accepted_arguments(DataLoader)[0] | {'dataset', 'num_batch_per_epoch'}
        parts[f'{split}_dataloader'] = ('DataLoader', (names, True))
    return parts


def _at(settings: Any, path: str) -> Any:
    """Give the part of a config at a path such as ``a.b[0].c``, None where there is none."""
    for key in path.replace('[', '.[').split('.'):
        if settings is None:
            return None
        settings = settings[int(key[1:-1])] if key.startswith('[') else settings.get(key)
    return settings
