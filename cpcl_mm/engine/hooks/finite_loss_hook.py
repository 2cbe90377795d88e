"""The end of a training whose loss is no longer a number."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from cpcl_mm.registry import HOOKS
from cpcl_mm.utils.sharing import together
from cpcl_mm.utils.text import first_few


@dataclass(frozen=True)
class _Step:
    """What one step left: its losses are still on the device."""

    number: int
    epoch: int
    names: list[str]
    losses: Tensor
    samples: list[Any]

    def error(self) -> str:
        """Name the losses that are not finite, the step and the samples; '' if all are."""
        values = zip(self.names, self.losses.tolist(), strict=True)
        bad = [f'{name} = {value}' for name, value in values if not -torch.inf < value < torch.inf]
        if not bad:
            return ''
        samples = first_few([_name_of(sample) for sample in self.samples])
        where = f'step {self.number} (epoch {self.epoch})'
        return f'{", ".join(bad)} in {where}, whose samples are {samples}'


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Stops training when a loss is infinite or not a number, before a checkpoint holds it.

    On a GPU the losses of many steps are read at once, so that no step waits for the one before
    it: training may go on for ``interval`` steps, but not past the next checkpoint.

    Args:
        interval (int): Steps from one look to the next on a GPU. Defaults to 20.
        stop (bool): Stop; False warns, once. Defaults to True.
    """

    priority = 'ABOVE_NORMAL'

    def __init__(self, interval: int = 20, stop: bool = True) -> None:
        self.interval = interval
        self.stop = stop
        self._steps: list[_Step] = []
        self._has_warned = False

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Take note of the losses, and look at them if it is time."""
        losses = {
            name: torch.as_tensor(value).detach().float().mean()
            for name, value in (outputs or {}).items()
            if 'loss' in name
        }
        if not losses:
            return
        values = torch.stack(list(losses.values()))
        samples = data_batch.get('data_samples') if isinstance(data_batch, dict) else None
        step = _Step(runner.iter + 1, runner.epoch + 1, list(losses), values, samples or [])
        self._steps.append(step)
        if not values.is_cuda or len(self._steps) >= self.interval:
            self._look(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Look on all ranks, before one of them writes the checkpoint."""
        together(partial(self._look, runner))

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Look before anything is written."""
        self._look(runner)

    def _look(self, runner: Runner) -> None:
        steps, self._steps = self._steps, []
        if not steps or torch.cat([step.losses for step in steps]).isfinite().all():
            return
        error = next(filter(None, (step.error() for step in steps)))
        if self.stop:
            raise FloatingPointError(
                f'{error}. The checkpoints are from before. A lower learning rate or '
                'optim_wrapper.clip_grad="dict(max_norm=1.0)" may help; '
                'FiniteLossHook(stop=False) goes on regardless'
            )
        if not self._has_warned:
            self._has_warned = True
            runner.logger.warning(f'{error}. Training goes on, as FiniteLossHook(stop=False) asks.')


def _name_of(sample: Any) -> str:
    """Give what tells a person which sample it is."""
    for key in ('img_path', 'caption', 'sample_idx'):
        value = sample.get(key) if hasattr(sample, 'get') else None
        if value is not None:
            return str(value)
    return type(sample).__name__
