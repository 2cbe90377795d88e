"""Registry nodes of scope ``cpcl_mm``.

Every node is a child of mmpretrain's node, which is a child of mmengine's. Under
``default_scope = 'cpcl_mm'`` a plain type name is therefore looked for in cpcl_mm, then in
mmpretrain, then in mmengine; an mmpretrain config reaches this package as ``cpcl_mm.X``.
"""

from mmengine.registry import FUNCTIONS as ROOT_FUNCTIONS
from mmengine.registry import Registry
from mmpretrain import registry as mmpretrain_registry

SCOPE = 'cpcl_mm'


def _child(name: str, parent: Registry, *locations: str) -> Registry:
    """Make the cpcl_mm node below one of mmpretrain's nodes."""
    return Registry(
        name, parent=parent, scope=SCOPE, locations=[f'{SCOPE}.{place}' for place in locations]
    )


DATASETS = _child('dataset', mmpretrain_registry.DATASETS, 'datasets')
DATA_SAMPLERS = _child('data sampler', mmpretrain_registry.DATA_SAMPLERS, 'datasets')
TRANSFORMS = _child('transform', mmpretrain_registry.TRANSFORMS, 'datasets.transforms')
MODELS = _child('model', mmpretrain_registry.MODELS, 'models')
TOKENIZERS = _child('tokenizer', mmpretrain_registry.TOKENIZER, 'models.tokenizers')
METRICS = _child('metric', mmpretrain_registry.METRICS, 'evaluation')
HOOKS = _child('hook', mmpretrain_registry.HOOKS, 'engine.hooks')
OPTIM_WRAPPERS = _child(
    'optim_wrapper', mmpretrain_registry.OPTIM_WRAPPERS, 'engine.optim_wrappers'
)
OPTIM_WRAPPER_CONSTRUCTORS = _child(
    'optimizer wrapper constructor',
    mmpretrain_registry.OPTIM_WRAPPER_CONSTRUCTORS,
    'engine.optim_wrappers',
)
VISUALIZERS = _child('visualizer', mmpretrain_registry.VISUALIZERS, 'visualization')
TASK_UTILS = _child('task util', mmpretrain_registry.TASK_UTILS, 'kreciprocal', 'pseudo_labels')
FUNCTIONS = Registry('function', parent=ROOT_FUNCTIONS, scope=SCOPE, locations=['cpcl_mm.datasets'])

# Nothing of this package is registered below; without the nodes, mmengine warns that the scope
# cpcl_mm is unknown in each of these registries.
EVALUATORS = _child('evaluator', mmpretrain_registry.EVALUATORS)
LOG_PROCESSORS = _child('log_processor', mmpretrain_registry.LOG_PROCESSORS)
LOOPS = _child('loop', mmpretrain_registry.LOOPS)
MODEL_WRAPPERS = _child('model_wrapper', mmpretrain_registry.MODEL_WRAPPERS)
OPTIMIZERS = _child('optimizer', mmpretrain_registry.OPTIMIZERS)
PARAM_SCHEDULERS = _child('parameter scheduler', mmpretrain_registry.PARAM_SCHEDULERS)
RUNNERS = _child('runner', mmpretrain_registry.RUNNERS)
VISBACKENDS = _child('vis_backend', mmpretrain_registry.VISBACKENDS)
WEIGHT_INITIALIZERS = _child('weight initializer', mmpretrain_registry.WEIGHT_INITIALIZERS)
