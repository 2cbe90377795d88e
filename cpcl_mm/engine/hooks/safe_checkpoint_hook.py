"""Checkpoints that survive the end of the process at any moment."""

import re
import shutil
from pathlib import Path
from typing import Any

from mmengine.fileio import LocalBackend, get_file_backend
from mmengine.hooks import CheckpointHook
from mmengine.runner import IterBasedTrainLoop, Runner

from cpcl_mm.registry import HOOKS
from cpcl_mm.utils.sharing import run_on_main

from ..checkpoint_files import BACKEND, WholeFileBackend, is_whole, latest_whole_checkpoint

# What this hook writes into a checkpoint, beside the weights.
_STATE = 'checkpoint_hook'
# Names of what a checkpoint may have removed.
_CHECKPOINT = re.compile(r'(best_[^/]+|epoch|iter)_\d+\.pth')


@HOOKS.register_module()
class SafeCheckpointHook(CheckpointHook):
    """mmengine's CheckpointHook, for processes that may be killed at any moment.

    A run that was killed and resumed ends with the files of one that was not:

    - A checkpoint is written under another name and renamed. What it replaces, an older one or a
      former best, is removed when all is written; or by the run that is resumed.
    - A checkpoint says whether it was validated. If not, the resumed run validates it first.
    - ``resume=True`` takes the last whole checkpoint of the work directory, which may have been
      moved or copied. A best checkpoint that lies beside a resumed one elsewhere is copied.

    Args:
        **kwargs: Arguments of :class:`mmengine.hooks.CheckpointHook`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._validated = self._recorded = 0
        self._outdated: list[str] = []
        self._has_begun = False

    def before_run(self, runner: Runner) -> None:
        """Choose the checkpoint to resume, and refuse one that is cut."""
        if runner._resume and runner._load_from is None:
            found = run_on_main(latest_whole_checkpoint, Path(runner.work_dir))
            runner._load_from = None if found is None else str(found)
            if found is None:
                runner.logger.warning(
                    f'There is no checkpoint in {runner.work_dir} to resume: training starts from '
                    'the beginning.'
                )
        elif runner._load_from is not None:
            run_on_main(_check_whole, Path(runner._load_from).expanduser())

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add what a resumed run has to know."""
        outdated = [path.name for path in getattr(self.file_backend, 'outdated', [])]
        checkpoint[_STATE] = dict(validated=self._validated, outdated=outdated)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Read it again."""
        if runner._resume and not self._has_begun:
            state = checkpoint.get(_STATE, {})
            self._validated = self._recorded = state.get('validated', 0)
            # Names in a file are data: only those of checkpoints count, see _remove_outdated.
            self._outdated = [name for name in state.get('outdated', []) if isinstance(name, str)]

    def before_train(self, runner: Runner) -> None:
        """Finish what the process before this one had begun."""
        self._has_begun = True
        folder = self.out_dir or runner.work_dir
        self.backend_args: dict | None
        if self.backend_args is None and isinstance(get_file_backend(folder), LocalBackend):
            self.backend_args = dict(backend=BACKEND)
        super().before_train(runner)
        self._find_best(runner)
        resumed = Path(runner._load_from or '') if runner._resume else Path()
        if resumed.parent == Path(self.out_dir):
            self.last_ckpt = str(resumed)
            if isinstance(self.file_backend, WholeFileBackend):
                run_on_main(self._remove_outdated)
        if _progress(runner) > self._validated and _is_validated_now(runner):
            runner.logger.info('Validating the resumed checkpoint, which has not been yet.')
            runner.val_loop.run()

    def after_val_epoch(self, runner: Runner, metrics: dict[str, Any]) -> None:
        """Save the best checkpoint, and write into the last one that it was validated."""
        self._validated = _progress(runner)
        super().after_val_epoch(runner, metrics)
        step = runner.epoch if self.by_epoch else runner.iter
        is_last = self.last_ckpt and Path(self.last_ckpt).name == self.filename_tmpl.format(step)
        if is_last and self._recorded < self._validated:
            meta = dict(epoch=runner.epoch, iter=runner.iter)
            self._save_checkpoint_with_step(runner, step, meta)

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        super()._save_checkpoint_with_step(runner, step, meta)
        self._recorded = self._validated
        if isinstance(self.file_backend, WholeFileBackend):
            self.file_backend.remove_outdated()

    def _remove_outdated(self) -> None:
        """Remove what the run before this one no longer could."""
        kept = {Path(path).name for path in self._best().values() if path}
        kept |= {self.filename_tmpl.format(step) for step in getattr(self, 'keep_ckpt_ids', [])}
        for name in set(self._outdated) - kept:
            if _CHECKPOINT.fullmatch(name):
                self.file_backend.remove(Path(self.out_dir, name))
        self.file_backend.remove_outdated()

    def _best(self) -> dict[str, str | None]:
        """Give the best checkpoints by the names that mmengine's message hub has for them."""
        if hasattr(self, 'best_ckpt_path_dict'):
            best = self.best_ckpt_path_dict
            return {f'best_ckpt_{indicator}': path for indicator, path in best.items()}
        return {'best_ckpt': getattr(self, 'best_ckpt_path', None)}

    def _find_best(self, runner: Runner) -> None:
        """See that the best checkpoint lies in this run's folder; forget one that is gone."""
        for key, path in self._best().items():
            if path is None:
                continue
            found = run_on_main(self._own_copy, Path(path).name, runner._load_from)
            if found is None:
                runner.logger.warning(
                    f'The best checkpoint so far, {path}, is gone: the best is chosen among the '
                    'epochs from here on.'
                )
                runner.message_hub.pop_info(key)
                runner.message_hub.pop_info(key.replace('ckpt', 'score', 1))
            else:
                runner.message_hub.update_info(key, found)
            self._set_best(key, found)

    def _set_best(self, key: str, path: str | None) -> None:
        if hasattr(self, 'best_ckpt_path_dict'):
            self.best_ckpt_path_dict[key.removeprefix('best_ckpt_')] = path
        else:
            self.best_ckpt_path = path

    def _own_copy(self, name: str, resumed: str | None) -> str | None:
        """Find a checkpoint in the output folder, or copy it from beside the resumed one."""
        own = Path(self.out_dir, name)
        there = Path(resumed or own).with_name(name)
        if not own.is_file() and there.is_file():
            shutil.copyfile(there, own)
        return str(own) if own.is_file() else None


def _check_whole(path: Path) -> None:
    """Refuse a local file that is cut or damaged; name another one beside it."""
    if not path.is_file() or is_whole(path):
        return
    other = latest_whole_checkpoint(path.parent)
    remedy = f'the last whole one beside it is {other}' if other else 'there is none beside it'
    raise ValueError(f'{path} is cut, damaged or no checkpoint at all; {remedy}')


def _progress(runner: Runner) -> int:
    """Epochs done, or iterations where the loop counts those."""
    is_by_iter = isinstance(runner.train_loop, IterBasedTrainLoop)
    return runner.iter if is_by_iter else runner.epoch


def _is_validated_now(runner: Runner) -> bool:
    """Tell whether the train loop validates after what is done so far, as mmengine's loops do."""
    loop, done = runner.train_loop, _progress(runner)
    if runner.val_loop is None or done < loop.val_begin:
        return False
    loop._decide_current_val_interval()
    last = loop.max_iters if isinstance(loop, IterBasedTrainLoop) else loop.max_epochs
    return done % loop.val_interval == 0 or done == last
