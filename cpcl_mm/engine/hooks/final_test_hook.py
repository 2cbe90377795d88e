"""The last step of training: the checkpoint that validation chose, on the test split."""

from pathlib import Path

from mmengine.dist import barrier, is_main_process
from mmengine.fileio import dump
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner

from cpcl_mm.registry import HOOKS
from cpcl_mm.utils.whole_file import whole_file

SCORES_FILE = 'test_scores.json'


@HOOKS.register_module()
class FinalTestHook(Hook):
    """Tests the best checkpoint after training.

    The best is the one that :class:`mmengine.hooks.CheckpointHook` kept by ``save_best``, on the
    validation split; without it, the last weights are tested and the log says so. The scores are
    written to ``test_scores.json`` in the work directory, too, with the share of noisy pairs where
    the training set has some.
    """

    # After CheckpointHook has written the last checkpoint.
    priority = 'LOWEST'

    def before_train(self, runner: Runner) -> None:
        """Build the test loop, so that a mistake in the test split shows before training."""
        if runner.cfg.get('test_dataloader') is not None:
            # The property builds the loop and its data set on first use.
            _ = runner.test_loop

    def after_train(self, runner: Runner) -> None:
        """Load the best weights and run the test loop."""
        if runner.cfg.get('test_dataloader') is None:
            return
        # The main process may still be writing the checkpoint.
        barrier()
        best = self._best_checkpoint(runner)
        if best is None:
            runner.logger.info('Testing the last weights: no checkpoint was chosen on validation.')
        else:
            runner.logger.info(f'Testing the checkpoint that validation chose: {best}')
            runner.load_checkpoint(best, map_location='cpu')
        scores = runner.test_loop.run()
        share = getattr(runner.train_dataloader.dataset, 'noisy_share', 0)
        if share:
            scores = {**scores, 'train/noisy_pairs': share}
        if is_main_process():
            # mmengine's own file is written by all ranks at once, and may end up garbled.
            with whole_file(Path(runner.work_dir, SCORES_FILE)) as unfinished:
                dump(scores, unfinished, file_format='json')

    @staticmethod
    def _best_checkpoint(runner: Runner) -> str | None:
        for hook in runner.hooks:
            if isinstance(hook, CheckpointHook):
                return getattr(hook, 'best_ckpt_path', None)
        return None
