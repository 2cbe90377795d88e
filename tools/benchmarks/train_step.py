"""Seconds per training step through the Runner over seconds per step of a bare loop."""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

import cpcl_mm  # noqa: F401
from cpcl_mm.apis import load_run_config, tool_parser
from cpcl_mm.apis.measuring import peak_memory

EXAMPLES = """examples:
  python tools/benchmarks/train_step.py
  python tools/benchmarks/train_step.py configs/itc/clip_itc_synthetic.py --rounds 7 --threads 1

Both sides train the same model from the same seed with the same data loader and optimizer, in turn,
so that a machine whose speed drifts slows both. The target is a ratio of at most 1.10.
"""


class StepClock(Hook):
    """Takes the time at the end of every iteration."""

    priority = 'LOWEST'

    def __init__(self) -> None:
        self.times: list[float] = []

    def after_train_iter(self, *args: object, **kwargs: object) -> None:
        """Take the time."""
        self.times.append(time.perf_counter())

    def seconds_per_step(self, warm_up: int) -> float:
        """Mean seconds of the steps after the first ones: workers start, caches fill."""
        counted = self.times[warm_up:]
        return (counted[-1] - counted[0]) / (len(counted) - 1)


def cut_to_one_epoch(cfg: Config, hooks: Sequence[str]) -> None:
    """Cut a config to one epoch without validation, checkpoint and test; keep some of its hooks."""
    for schedule in cfg.param_scheduler:
        schedule.setdefault('end', cfg.train_cfg.max_epochs)
    cfg.train_cfg = dict(by_epoch=True, max_epochs=1)
    for part in ('val', 'test'):
        cfg[f'{part}_cfg'] = cfg[f'{part}_dataloader'] = cfg[f'{part}_evaluator'] = None
    kept = {name: cfg.default_hooks[name] for name in hooks if name in cfg.default_hooks}
    cfg.default_hooks = dict(kept, checkpoint=None)
    cfg.log_level = 'WARNING'


def time_runner(cfg: Config) -> StepClock:
    """Train an epoch through the Runner."""
    runner, clock = Runner.from_cfg(cfg), StepClock()
    runner.register_hook(clock)
    runner.train()
    return clock


def time_bare_loop(cfg: Config) -> StepClock:
    """Train the same epoch in a loop that does nothing else."""
    runner, clock = Runner.from_cfg(cfg), StepClock()
    loader = runner.build_dataloader(cfg.train_dataloader, seed=0)
    model: Any = runner.model.train()
    optimizer = runner.build_optim_wrapper(cfg.optim_wrapper).optimizer
    for batch in loader:
        batch = model.data_preprocessor(batch, True)
        loss = sum(model(**batch, mode='loss').values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        clock.after_train_iter()
    return clock


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(__doc__, EXAMPLES)
    add = parser.add_argument
    add('config', nargs='?', default='configs/itc/clip_itc_synthetic.py')
    add('--rounds', type=int, default=5, help='epochs on each side (default: 5)')
    add('--warm-up', type=int, default=10, help='steps not counted in each epoch')
    add('--threads', type=int, help='threads of torch (default: torch decides)')
    add('--data-root', help="data set folder, in the place of the config's")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    args = parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as work_dir:
        cfg = load_run_config(args.config, work_dir, data_root=args.data_root)
        cut_to_one_epoch(cfg, ('logger', 'epoch_seed'))
        pairs = [
            [train(cfg).seconds_per_step(args.warm_up) for train in (time_runner, time_bare_loop)]
            for _ in range(args.rounds)
        ]
    runner, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f'{args.config}: {args.rounds} rounds, {torch.get_num_threads()} threads, median')
    print(f'Runner    {1e3 * runner:8.2f} ms/step')
    print(f'bare loop {1e3 * bare:8.2f} ms/step')
    print(f'ratio     {ratio:8.3f} (target: at most 1.10)')
    print(f'peak memory of the process {peak_memory() / 2**30:.2f} GiB')


if __name__ == '__main__':
    main()
