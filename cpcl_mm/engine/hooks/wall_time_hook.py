"""How long a training takes, in a file of its work directory."""

import json
import time
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from cpcl_mm.registry import HOOKS
from cpcl_mm.utils.whole_file import whole_file

WALL_TIME_FILE = 'wall_time.json'


@HOOKS.register_module()
class WallTimeHook(Hook):
    """Writes the seconds of training to ``wall_time.json``, after every epoch and at the end.

    Validation, clustering and the final test count. A resumed training adds to what the same work
    directory has, which is the time of its complete epochs.
    """

    # After the other hooks of an epoch and of the end.
    priority = 'LOWEST'

    def before_run(self, runner: Runner) -> None:
        """Start the clock."""
        self._file = Path(runner.work_dir, WALL_TIME_FILE)
        goes_on = runner.cfg.get('resume') and self._file.is_file()
        earlier = json.loads(self._file.read_text(encoding='utf-8'))['seconds'] if goes_on else 0
        self._start = time.monotonic() - earlier

    def after_train_epoch(self, runner: Runner) -> None:
        """Write the time so far."""
        self.after_run(runner)

    def after_run(self, runner: Runner) -> None:
        """Write the time."""
        if is_main_process():
            seconds = {'seconds': round(time.monotonic() - self._start, 1)}
            with whole_file(self._file) as unfinished:
                unfinished.write_text(json.dumps(seconds) + '\n', encoding='utf-8')
