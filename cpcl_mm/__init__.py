"""CPCL for OpenMMLab: weakly supervised text-based person retrieval.

Importing the package registers every class of it, and those of mmpretrain that its configs name. It
also makes mmengine load checkpoints as data, see :mod:`cpcl_mm.utils.safe_checkpoints`.
"""

import warnings

from .utils.requirements import check_requirements, restore_find_loader

with warnings.catch_warnings():
    # Both are known and concern nothing here: setuptools is held below 81, and mmcv-lite has no
    # compiled operators.
    warnings.filterwarnings('ignore', message='pkg_resources is deprecated')
    warnings.filterwarnings('ignore', message='Fail to import ``MultiScaleDeformableAttention``')
    check_requirements()
    restore_find_loader()
    import mmpretrain.datasets
    import mmpretrain.models  # noqa: F401

from . import datasets, engine, evaluation, models, visualization  # noqa: E402
from .utils.external_configs import find_own_configs  # noqa: E402
from .utils.safe_checkpoints import guard_checkpoint_loading  # noqa: E402
from .version import __version__  # noqa: E402

guard_checkpoint_loading()
find_own_configs()

__all__ = [
    '__version__',
    'datasets',
    'engine',
    'evaluation',
    'models',
    'visualization',
]
