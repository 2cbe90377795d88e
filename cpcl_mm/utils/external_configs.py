"""Configs of this package by name, as in ``_base_ = 'cpcl_mm::cpcl_cuhk.py'``.

mmengine finds the configs of the packages that it lists, in a subfolder of ``.mim/configs``, and of
installations that are not editable ones. Here it learns of this package, of configs without a
subfolder, and of a checkout.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mmengine.hub.hub
from mmengine.config import Config

PACKAGE = 'cpcl_mm'
FOLDER = Path(__file__).parents[1]


def find_own_configs() -> None:
    """Let ``Config.fromfile``, ``get_config`` and ``get_model`` find ``cpcl_mm::NAME.py``."""
    hub: Any = mmengine.hub.hub
    hub._get_package_and_cfg_path = _or_own(
        hub._get_package_and_cfg_path, PACKAGE + '::', lambda name: tuple(name.split('::'))
    )
    hub.get_installed_path = _or_own(hub.get_installed_path, PACKAGE, lambda name: str(FOLDER))
    # Without a scope, which mmengine would write beside each type, also where its own collate
    # functions are called with it: the configs of this package name their scope themselves.
    bases: Any = Config
    bases._get_cfg_path = staticmethod(
        _or_own(Config._get_cfg_path, PACKAGE + '::', lambda name: (str(config_file(name)), None))
    )


def config_file(config: str) -> Path:
    """Find a config file by its path, or as ``'cpcl_mm::NAME.py'`` one that the package brings.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    package, _, name = config.rpartition('::')
    path = FOLDER / '.mim' / 'configs' / name if package == PACKAGE else Path(config)
    if not path.is_file():
        raise FileNotFoundError(
            f'no config file {config!r}; those of this project lie in configs/, and are found from '
            f'any folder as {PACKAGE}::NAME.py, such as {PACKAGE}::cpcl_synthetic.py'
        )
    return path


def _or_own(theirs: Callable[..., Any], own: str, ours: Callable[[str], Any]) -> Callable[..., Any]:
    """Ask ours for what belongs to this package, and mmengine for the rest."""

    def find(name: str, *others: str) -> Any:
        return ours(name) if name.startswith(own) else theirs(name, *others)

    return find
