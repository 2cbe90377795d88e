"""Train a model from a config file with the stock mmengine Runner."""

import argparse
from pathlib import Path

from mmengine.config import Config
from mmengine.runner import Runner

import cpcl_mm  # noqa: F401
from cpcl_mm.apis import config_from_args, errors_in_a_sentence, parse_run_args, run_parser
from cpcl_mm.apis.model_check import check_epoch, check_model
from cpcl_mm.utils.distributed import leave_distributed

EXAMPLES = """examples:
  python tools/train.py configs/itc/clip_itc_synthetic.py
  python tools/train.py configs/itc/clip_itc_synthetic.py --resume
  python tools/train.py configs/itc/clip_itc_synthetic.py --cfg-options train_cfg.max_epochs=5
  python tools/train.py configs/cpcl_cuhk.py --data-root /data/CUHK-PEDES --weights vit_b16.pt
"""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = run_parser(__doc__, EXAMPLES)
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CKPT',
        help='go on from this checkpoint; without a value, from the latest in the work directory',
    )
    parser.add_argument('--amp', action='store_true', help='mixed precision where there is a GPU')
    parser.add_argument(
        '--no-validate', action='store_true', help='no validation: the last weights are tested'
    )
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate by the batch size over auto_scale_lr.base_batch_size',
    )
    return parse_run_args(parser)


def apply_train_flags(cfg: Config, args: argparse.Namespace) -> None:
    """Write the flags that only training has into the config."""
    if args.no_validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    # A config that asks for mixed precision has its own way to it.
    if args.amp and cfg.optim_wrapper.get('type', 'OptimWrapper') == 'OptimWrapper':
        # With its scope, for configs of another one.
        cfg.optim_wrapper.type = 'cpcl_mm.mixed_precision'
    if args.resume:
        if args.resume != 'auto' and '://' not in args.resume and not Path(args.resume).is_file():
            raise FileNotFoundError(f'--resume {args.resume}: there is no such file')
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    if args.auto_scale_lr:
        if cfg.get('auto_scale_lr') is None:
            raise ValueError(
                f'{args.config} has no auto_scale_lr = dict(base_batch_size=...), which '
                '--auto-scale-lr scales by'
            )
        cfg.auto_scale_lr.enable = True


def main() -> None:
    """Train."""
    args = parse_args()
    with errors_in_a_sentence(to_go_on='; to go on, run the same command with --resume'):
        train(args)
    leave_distributed()


def train(args: argparse.Namespace) -> None:
    """Build the runner and let it train."""
    cfg = config_from_args(args)
    apply_train_flags(cfg, args)
    check_model(cfg)
    runner = Runner.from_cfg(cfg)
    check_epoch(runner)
    runner.train()


if __name__ == '__main__':
    main()
