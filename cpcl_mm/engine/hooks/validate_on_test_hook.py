"""Scores on the test split at each validation, to print the best of them as what it is."""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from cpcl_mm.registry import HOOKS

from ..checkpoint_origin import TEST_PREFIX


@HOOKS.register_module()
class ValidateOnTestHook(Hook):
    """Adds the scores on the test split to those of each validation, as ``test/t2i/mAP``.

    With ``save_best=['t2i/mAP', 'test/t2i/mAP']`` a run keeps both the checkpoint that validation
    chose and the one that is best on the test split, and
    :class:`~cpcl_mm.engine.hooks.FinalTestHook` prints both.
    """

    # The scores have to be there for the hooks that log them and choose by them.
    priority = 'HIGHEST'

    def __init__(self) -> None:
        self._scores: dict[str, float] = {}

    def before_val(self, runner: Runner) -> None:
        """Test, before hooks prepare the model for validation."""
        self._scores = runner.test_loop.run()

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float]) -> None:
        """Add the scores to those of validation."""
        metrics.update({f'{TEST_PREFIX}{name}': score for name, score in self._scores.items()})
