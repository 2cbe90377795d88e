"""CPCL for OpenMMLab: weakly supervised text-based person retrieval.

Importing the package registers every class of it, and those of mmpretrain that its configs name.
"""

from .utils.requirements import check_requirements

check_requirements()

import mmpretrain.datasets  # noqa: E402
import mmpretrain.models  # noqa: E402, F401

from . import datasets, engine, evaluation, models, visualization  # noqa: E402
from .utils.safe_checkpoints import allow_mmengine_checkpoints  # noqa: E402
from .version import __version__  # noqa: E402

allow_mmengine_checkpoints()

__all__ = [
    '__version__',
    'datasets',
    'engine',
    'evaluation',
    'models',
    'visualization',
]
