"""Seconds per training step through the Runner over seconds per step of a bare loop."""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

import cpcl_mm  # noqa: F401
from cpcl_mm.apis import load_run_config, tool_parser

EXAMPLES = """examples:
  python tools/benchmarks/train_step.py
  python tools/benchmarks/train_step.py configs/itc/clip_itc_synthetic.py --rounds 7 --threads 1

Both sides train the same model from the same seed with the same data loader and optimizer, in turn,
so that a machine whose speed drifts slows both. The target is a ratio of at most 1.10.
"""


class StepClock(Hook):
    """Takes the time at the end of every iteration.

    Args:
        warm_up (int): Steps at the start that are not counted: workers start, caches fill.
    """

    priority = 'LOWEST'

    def __init__(self, warm_up: int) -> None:
        self.warm_up = warm_up
        self.times: list[float] = []

    def after_train_iter(self, runner: Runner, batch_idx: int, *args: object, **kw: object) -> None:
        """Take the time."""
        self.times.append(time.perf_counter())

    def seconds_per_step(self) -> float:
        """Mean seconds per counted step."""
        counted = self.times[self.warm_up :]
        return (counted[-1] - counted[0]) / (len(counted) - 1)


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(__doc__, EXAMPLES)
    parser.add_argument('config', nargs='?', default='configs/itc/clip_itc_synthetic.py')
    parser.add_argument('--rounds', type=int, default=5, help='epochs on each side (default: 5)')
    parser.add_argument('--warm-up', type=int, default=10, help='steps not counted in each epoch')
    parser.add_argument('--threads', type=int, help='threads of torch (default: torch decides)')
    parser.add_argument('--data-root', help="data set folder, in the place of the config's")
    return parser.parse_args()


def one_epoch_config(args: argparse.Namespace, work_dir: str) -> Config:
    """Give the config, cut to one epoch without validation, checkpoint and test."""
    cfg = load_run_config(args.config, work_dir)
    cfg.train_cfg = dict(by_epoch=True, max_epochs=1)
    for part in ('val', 'test'):
        for key in (f'{part}_cfg', f'{part}_dataloader', f'{part}_evaluator'):
            cfg[key] = None
    kept = {name: cfg.default_hooks[name] for name in ('logger', 'epoch_seed')}
    cfg.default_hooks = dict(kept, checkpoint=None)
    cfg.log_level = 'WARNING'
    if args.data_root:
        cfg.train_dataloader.dataset.data_root = args.data_root
    return cfg


def time_runner(cfg: Config, warm_up: int) -> float:
    """Seconds per step of an epoch through the Runner."""
    runner = Runner.from_cfg(cfg)
    clock = StepClock(warm_up)
    runner.register_hook(clock)
    runner.train()
    return clock.seconds_per_step()


def time_bare_loop(cfg: Config, warm_up: int) -> float:
    """Seconds per step of the same epoch in a loop that does nothing but train."""
    runner = Runner.from_cfg(cfg)
    loader = runner.build_dataloader(cfg.train_dataloader, seed=0)
    model = runner.model.train()
    optimizer = runner.build_optim_wrapper(cfg.optim_wrapper).optimizer
    clock = StepClock(warm_up)
    for _ in bare_steps(model, loader, optimizer):
        clock.times.append(time.perf_counter())
    return clock.seconds_per_step()


def bare_steps(
    model: Any, loader: torch.utils.data.DataLoader, optimizer: torch.optim.Optimizer
) -> Iterator[None]:
    """Train on every batch."""
    for batch in loader:
        batch = model.data_preprocessor(batch, True)
        loss = sum(model(**batch, mode='loss').values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield


def main() -> None:
    """Measure and print."""
    args = parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as work_dir:
        cfg = one_epoch_config(args, work_dir)
        pairs = [
            (time_runner(cfg, args.warm_up), time_bare_loop(cfg, args.warm_up))
            for _ in range(args.rounds)
        ]
    runner, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f'{args.config}: {args.rounds} rounds, {torch.get_num_threads()} threads, median')
    print(f'Runner    {1e3 * runner:8.2f} ms/step')
    print(f'bare loop {1e3 * bare:8.2f} ms/step')
    print(f'ratio     {ratio:8.3f} (target: at most 1.10)')
    print(f'peak memory of the process {peak:.2f} GiB')


if __name__ == '__main__':
    main()
