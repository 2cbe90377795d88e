"""What the command line changes in a config, and whether that changes anything."""

import warnings
from typing import Any

from mmengine.config import Config

from cpcl_mm.utils.text import first_few

from .config_check import RUNNER_KEYS, copies_of, nearest, read_part, walk

# Settings that stand at several places of a config and are one thing to a person: where each of
# them stands, the flag that sets it, and what takes it.
SHARED = {
    'data_root': (
        ('train_dataloader', 'val_dataloader', 'test_dataloader'),
        '--data-root',
        'data set',
    ),
    'pretrained': (('model', 'data_preprocessor'), '--weights', 'tower'),
}
# Read by tools other than training and test.
_READ_ELSEWHERE = {'test_pipeline', 'tta_model', 'tta_pipeline', 'default_scope'}


def apply_options(cfg: Config, options: dict[str, Any]) -> None:
    """Replace values of a config, and refuse what would change nothing.

    ``data_root`` is set in all data loaders' data sets. ``pretrained`` is set in all towers of the
    model, and in the preprocessor, whose mean and deviation belong to the weights. Schedules that
    would begin after training are left out; those without an ``end`` end with it.

    Args:
        cfg (Config): The config, changed in place.
        options (dict): Values by dotted keys.

    Raises:
        ValueError: If a key does nothing: nothing reads it, or its value was copied elsewhere when
            the config file was read. Names what was probably meant, or where the value stands.
    """
    for option, value in options.items():
        if option.split('.')[0] not in RUNNER_KEYS | SHARED.keys():
            _check_variable(cfg, option, value)
    try:
        cfg.merge_from_dict(options)
    except (KeyError, TypeError, AssertionError) as error:
        raise ValueError(
            f'{cfg.filename}: --cfg-options {options} do not fit it: {error}'
        ) from error
    for name in SHARED.keys() & options.keys():
        _set_everywhere(cfg, name, options[name])
    _leave_out_schedules(cfg)


def _check_variable(cfg: Config, option: str, value: Any) -> None:
    """Refuse an override of what the Runner does not read."""
    name, _, rest = option.partition('.')
    inner = [path for path, _ in walk(read_part(cfg)) if path.split('.')[-1] == name]
    if name not in cfg:
        remedy = f'did you mean {first_few(inner)}?' if inner else None
        raise ValueError(
            f'{cfg.filename} has no {name!r}, and nothing reads it; '
            f'{remedy or nearest(name, {*RUNNER_KEYS, *SHARED})}'
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


def _set_everywhere(cfg: Config, name: str, value: str) -> None:
    """Set a shared setting at every place that has it, and refuse it if there is none."""
    sections, flag, taker = SHARED[name]
    parts = [node for key in sections for _, node in walk(cfg.get(key))]
    places = [part for part in parts if isinstance(part, dict) and name in part]
    if not places:
        raise ValueError(
            f'{flag} {value}: {cfg.filename} has no {name} within {" or ".join(sections)}, which '
            f'it could set; write {name}=... into the config, where the {taker} takes it'
        )
    for place in places:
        place[name] = value


def _leave_out_schedules(cfg: Config) -> None:
    """Leave out schedules that would begin after training, which the Runner refuses."""
    epochs, schedules = (cfg.get('train_cfg') or {}).get('max_epochs'), cfg.get('param_scheduler')
    if epochs is not None and isinstance(schedules, list):
        cfg.param_scheduler = [
            each
            for each in schedules
            if not each.get('by_epoch', True) or each.get('begin', 0) < epochs
        ]
