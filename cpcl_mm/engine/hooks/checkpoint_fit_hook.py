"""A check that a checkpoint belongs to the model that it is loaded into."""

from mmengine.hooks import Hook
from mmengine.runner import BaseLoop, Runner
from torch import nn

from cpcl_mm.models import TextToImageRetriever
from cpcl_mm.registry import HOOKS
from cpcl_mm.utils.text import first_few

from ..bare_model import bare_model


@HOOKS.register_module()
class CheckpointFitHook(Hook):
    """Refuses a checkpoint that would leave weights of the model at random.

    mmengine loads what fits and warns of the rest. Here nothing that fits is an error; so is any
    weight that is missing for a test, or for a training that is resumed. To start a training from
    weights of which a part fits (``load_from``) stays possible.
    """

    # Before EMAHook loads the weights into its average.
    priority = 'VERY_HIGH'

    def __init__(self) -> None:
        self._has_begun = False

    def before_train(self, runner: Runner) -> None:
        """Note that what is loaded from now on is not resumed."""
        self._has_begun = True

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare names and shapes of the weights."""
        is_resumed = runner._resume and not self._has_begun
        if is_resumed:
            _check_state(runner._load_from, checkpoint)
        model = bare_model(runner)
        is_test = not isinstance(runner._train_loop, BaseLoop)
        wanted = _parameters(model, is_test)
        found = {
            key.removeprefix('module.'): getattr(value, 'shape', None)
            for key, value in checkpoint.get('state_dict', checkpoint).items()
        }
        missing = [key for key, shape in wanted.items() if found.get(key) != shape]
        if len(missing) == len(wanted) > 0:
            raise ValueError(
                f'nothing of {runner._load_from} fits the model: it holds {first_few(found)}; the '
                f'model has {first_few(wanted)}. It belongs to another config'
            )
        if missing and (is_test or is_resumed):
            raise ValueError(
                f'{runner._load_from} belongs to another model than that of the config: '
                f'{len(missing)} of {len(wanted)} weights are missing in it or have another shape: '
                f'{first_few(missing)}'
            )


def _check_state(path: str, checkpoint: dict) -> None:
    """Refuse to resume from weights alone."""
    if not {'meta', 'optimizer', 'message_hub'} <= checkpoint.keys():
        raise ValueError(
            f'{path} cannot be resumed: it holds weights without the state of the optimizer, as '
            'best_*.pth do. Resume from epoch_*.pth, or start a training from these weights: '
            '--cfg-options load_from=FILE, without --resume'
        )


def _parameters(model: nn.Module, is_test: bool) -> dict:
    """Give the shapes of the weights; a test of retrieval does not need those of the losses."""
    unused = 'head.' if is_test and isinstance(model, TextToImageRetriever) else None
    return {
        key: value.shape
        for key, value in model.named_parameters()
        if unused is None or not key.startswith(unused)
    }
