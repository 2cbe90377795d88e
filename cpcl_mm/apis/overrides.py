"""What the command line changes in a config, and whether that changes anything."""

import warnings
from typing import Any

from mmengine.config import Config

from cpcl_mm.utils.text import first_few

from .config_keys import nearest
from .config_walk import RUNNER_KEYS, copies_of, read_part, walk
from .shared_settings import SECTIONS

# Read by tools other than training and test.
_READ_ELSEWHERE = {'test_pipeline', 'tta_model', 'tta_pipeline', 'default_scope'}


def apply_options(cfg: Config, options: dict[str, Any]) -> None:
    """Replace values of a config, and refuse what would change nothing.

    Args:
        cfg (Config): The config, changed in place.
        options (dict): Values by dotted keys.

    Raises:
        ValueError: If a key does nothing: nothing reads it, or its value was copied elsewhere when
            the config file was read. Names what was probably meant, or where the value stands.
    """
    for option, value in options.items():
        name = option.split('.')[0]
        if name not in RUNNER_KEYS and name not in SECTIONS:
            _check_variable(cfg, option, value)
    max_epochs = (cfg.get('train_cfg') or {}).get('max_epochs')
    try:
        cfg.merge_from_dict(options)
    except (KeyError, TypeError, AssertionError) as error:
        raise ValueError(
            f'{cfg.filename}: --cfg-options {options} do not fit it: {error}'
        ) from error
    by_hand = any(option.startswith('param_scheduler') for option in options)
    _fit_schedule(cfg, None if by_hand else max_epochs)


def _check_variable(cfg: Config, option: str, value: Any) -> None:
    """Refuse an override of what the Runner does not read."""
    name, _, rest = option.partition('.')
    inner = [path for path, _ in walk(read_part(cfg)) if path.split('.')[-1] == name]
    if name not in cfg:
        remedy = f'did you mean {first_few(inner)}?' if inner else None
        raise ValueError(
            f'{cfg.filename} has no {name!r}, and nothing reads it; '
            f'{remedy or nearest(name, {*RUNNER_KEYS, *SECTIONS})}'
        )
    places = copies_of(name, cfg) + [path for path in inner if path != name]
    if places:
        there = [f'{place}.{rest}' if rest else place for place in sorted(set(places))]
        raise ValueError(
            f'{option}={value} changes nothing: {cfg.filename} copied {name} to other places when '
            f'it was read. Set those, as far as they are meant: {first_few(there, 20)}'
        )
    if name not in _READ_ELSEWHERE:
        warnings.warn(
            f'{option}: nothing of this package reads {name!r} of {cfg.filename}', stacklevel=2
        )


def _fit_schedule(cfg: Config, before: int | None) -> None:
    """Let schedules that ended with training end with it again; leave out what never begins."""
    after = (cfg.get('train_cfg') or {}).get('max_epochs')
    schedulers = cfg.get('param_scheduler')
    if after is None or not isinstance(schedulers, list):
        return
    by_epoch = [each for each in schedulers if each.get('by_epoch', True)]
    for scheduler in by_epoch if before else ():
        begin = scheduler.get('begin', 0)
        if scheduler.get('end') == before:
            scheduler.end = after
        if scheduler.get('T_max') == before - begin:
            scheduler.T_max = after - begin
    cfg.param_scheduler = [
        each for each in schedulers if each not in by_epoch or each.get('begin', 0) < after
    ]
