"""Pairs a second of an epoch that reads JPEG files, beside the bare step; time of labelling."""

import argparse
import itertools
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.runner import Runner
from train_step import StepClock, cut_to_one_epoch

import cpcl_mm  # noqa: F401  (registers what configs name)
from cpcl_mm.apis import load_run_config, tool_parser
from cpcl_mm.apis.measuring import device_name, peak_memory, seconds_per_call, wait_for

DESCRIPTION = f"""{__doc__}

Trains one epoch of a config through the Runner, labelling included, on drawn people: as many
images and captions as CUHK-PEDES has, in files of the size that the model takes. Weights are
random, so that nothing is downloaded; the labels are those of a model that knows nothing.

  labelling   extraction of all features and clustering, before the epoch
  end to end  pairs a second of the epoch's steps, the first ones left out: they start and compile
  bare        the same step on one batch in memory, with nothing to load; the ratio to it tells
              whether the loader limits

bf16 is automatic mixed precision and needs a GPU. What is compiled are the two towers: mmengine's
own `compile` takes the whole step, with the samples in it, and compiles anew at every batch.
"""
EXAMPLES = """examples:
  python tools/benchmarks/train_epoch.py --precisions fp32 bf16 --compile no yes
  python tools/benchmarks/train_epoch.py configs/cpcl_synthetic.py --people 100   # a quick look
"""


class EpochClock(StepClock):
    """Takes the time before labelling, after it, and at the end of the epoch as well."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.device = device

    def before_train(self, runner: Runner) -> None:
        """Begin, once everything is built."""
        self.begin = self._now()

    def before_train_epoch(self, runner: Runner) -> None:
        """Hooks of a higher priority have labelled by now."""
        self.labelled = self._now()

    def after_train_epoch(self, runner: Runner, metrics: object = None) -> None:
        """End, once the device has done its work."""
        self.end = self._now()

    def _now(self) -> float:
        wait_for(self.device)
        return time.perf_counter()


def epoch_config(args: argparse.Namespace, work_dir: str) -> Config:
    """Give the config, cut to one epoch on drawn people, from random weights."""
    towers = {f'model.{tower}_backbone.pretrained': None for tower in ('image', 'text')}
    cfg = load_run_config(args.config, work_dir, towers)
    height, width = cfg.image_size
    settings = dict(train_identities=args.people, val_identities=1, test_identities=1)
    settings |= dict(height=height, width=width)
    root = str(args.root or Path(work_dir, 'data'))
    for loader in (cfg.train_dataloader, cfg.test_dataloader):
        loader.dataset.update(type='SyntheticPedes', data_root=root, settings=settings)
    if args.workers is not None:
        cfg.train_dataloader.update(num_workers=args.workers, persistent_workers=False)
    if args.batch_size is not None:
        cfg.train_dataloader.batch_size = args.batch_size
    labelling = cfg.default_hooks.get('pseudo_labels')
    if labelling is not None:
        labelling.pipeline = cfg.test_dataloader.dataset.pipeline
    cut_to_one_epoch(cfg, ('logger', 'epoch_seed', 'pseudo_labels'))
    return cfg


def measure(
    cfg: Config, compiled: bool, args: argparse.Namespace, device: torch.device
) -> list[str]:
    """Train the epoch, then the bare step; give the numbers of a row."""
    if device.type == 'cuda':
        torch.cuda.reset_peak_memory_stats(device)
    runner, clock = Runner.from_cfg(cfg), EpochClock(device)
    for tower in (runner.model.image_backbone, runner.model.text_backbone) if compiled else ():
        tower.compile()
    runner.register_hook(clock)
    runner.train()
    pairs = cfg.train_dataloader.batch_size
    end_to_end = pairs / clock.seconds_per_step(args.warm_up)
    loader = {**cfg.train_dataloader, 'num_workers': 0, 'persistent_workers': False}
    batch: Any = next(iter(Runner.build_dataloader(loader, seed=0)))
    step = partial(runner.model.train_step, batch, runner.optim_wrapper)
    bare = pairs / seconds_per_call(step, device, args.steps)
    labelling, whole = clock.labelled - clock.begin, clock.end - clock.begin
    return [
        *(f'{labelling:.1f}', f'{whole:.1f}', f'{labelling / whole:.0%}'),
        *(f'{end_to_end:,.0f}', f'{bare:,.0f}', f'{end_to_end / bare:.3f}'),
        f'{peak_memory(device) / 2**30:.1f}',
    ]


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add('config', nargs='?', default='configs/cpcl_cuhk.py', help='(default: %(default)s)')
    add('--precisions', choices=['fp32', 'bf16'], nargs='+', default=['fp32'])
    add('--compile', choices=['no', 'yes'], nargs='+', default=['no'], help='(default: no)')
    add('--people', type=int, default=8513, help='of 4 images, 8 captions (default: 8513)')
    add('--batch-size', type=int, help="pairs a step (default: the config's)")
    add('--workers', type=int, help="that load (default: the config's)")
    add('--warm-up', type=int, default=20, help='steps not counted (default: 20)')
    add('--steps', type=int, default=20, help='of the bare loop (default: 20)')
    add('--root', type=Path, help='folder to draw the data set in, and to keep it')
    return parser.parse_args()


def main() -> int:
    """Measure and print every setting; the exit code is 2 if a precision needs a GPU."""
    args = parse_args()
    device = torch.device(get_device())
    if 'bf16' in args.precisions and device.type == 'cpu':
        print('error: --precisions bf16 needs a GPU, and PyTorch sees none', file=sys.stderr)
        return 2
    columns = ['precision', 'compile', 'labelling s', 'epoch s', 'share', 'end to end', 'bare']
    with tempfile.TemporaryDirectory() as work_dir:
        cfg = epoch_config(args, work_dir)
        loading = cfg.train_dataloader
        print(f'{args.config}, {device_name(device)}, torch {torch.__version__}, ', end='')
        print(f'batches of {loading.batch_size}, {loading.num_workers} workers\n')
        for row in ([*columns, 'ratio', 'GiB'], ['---', *['--:'] * 8]):
            print(f'| {" | ".join(row)} |', flush=True)
        for precision, compiled in itertools.product(args.precisions, args.compile):
            bf16 = precision == 'bf16'
            cfg.optim_wrapper.type = 'mixed_precision' if bf16 else 'OptimWrapper'
            numbers = measure(cfg, compiled == 'yes', args, device)
            print(f'| {" | ".join([precision, compiled, *numbers])} |', flush=True)
    return 0


if __name__ == '__main__':
    if exit_code := main():
        sys.exit(exit_code)
