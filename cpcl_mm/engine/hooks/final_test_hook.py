"""The last step of training: the checkpoint that validation chose, on the test split."""

from pathlib import Path

from mmengine.dist import barrier, is_main_process
from mmengine.fileio import dump
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner

from cpcl_mm.registry import HOOKS
from cpcl_mm.utils.whole_file import whole_file

from ..checkpoint_origin import (
    BEST_ON_TEST,
    NOISY_PAIRS,
    TEST_PREFIX,
    is_same_data,
    mark_best_on_test,
)

SCORES_FILE = 'test_scores.json'


@HOOKS.register_module()
class FinalTestHook(Hook):
    """Tests the best checkpoint after training.

    The best is the one that :class:`mmengine.hooks.CheckpointHook` kept by ``save_best``, on the
    validation split; without it, the last weights are tested and the log says so. Scores of a
    checkpoint that the test split chose are called "best on test"; a run that has both, see
    :class:`~cpcl_mm.engine.hooks.ValidateOnTestHook`, gives both. The scores are
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
        scores: dict[str, float] = {}
        chosen = _chosen_checkpoints(runner)
        if not chosen:
            runner.logger.info('Testing the last weights: no checkpoint was chosen on validation.')
            scores |= runner.test_loop.run()
        for is_chosen_on_test, path in chosen.items():
            scores |= _test(runner, path, is_chosen_on_test)
        if len(chosen) > 1:
            runner.logger.info('Scores on the test split: ' + _in_a_line(scores))
        share = getattr(runner.train_dataloader.dataset, 'noisy_share', 0)
        if share:
            scores[NOISY_PAIRS] = share
        if is_main_process():
            # mmengine's own file is written by all ranks at once, and may end up garbled.
            with whole_file(Path(runner.work_dir, SCORES_FILE)) as unfinished:
                dump(scores, unfinished, file_format='json')


def _chosen_checkpoints(runner: Runner) -> dict[bool, str]:
    """Give the first checkpoint that validation chose (False), and that the test did (True)."""
    hooks = [hook for hook in runner.hooks if isinstance(hook, CheckpointHook)]
    if not hooks:
        return {}
    best = getattr(hooks[0], 'best_ckpt_path_dict', None)
    if not best:
        indicator, *_ = getattr(hooks[0], 'key_indicators', None) or ['']
        best = {indicator: getattr(hooks[0], 'best_ckpt_path', None)}
    val, test = ((runner.cfg.get(f'{x}_dataloader') or {}).get('dataset') for x in ('val', 'test'))
    is_val_test = is_same_data(val, test)
    chosen: dict[bool, str] = {}
    for indicator, path in best.items():
        if path is not None:
            chosen.setdefault(is_val_test or indicator.startswith(TEST_PREFIX), path)
    return chosen


def _test(runner: Runner, path: str, is_chosen_on_test: bool) -> dict[str, float]:
    if is_chosen_on_test:
        runner.logger.warning(
            f'Testing the checkpoint that the test split chose: {path}. Its scores are the '
            f'{BEST_ON_TEST}, which is too good: of unseen people expect less.'
        )
    else:
        runner.logger.info(f'Testing the checkpoint that validation chose: {path}')
    runner.load_checkpoint(path, map_location='cpu')
    scores = runner.test_loop.run()
    return mark_best_on_test(scores) if is_chosen_on_test else scores


def _in_a_line(scores: dict[str, float]) -> str:
    return ', '.join(f'{name} {score:.2f}' for name, score in scores.items())
