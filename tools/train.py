"""Train a model from a config file with the stock mmengine Runner."""

import argparse

from mmengine.config import Config
from mmengine.runner import Runner

import cpcl_mm  # noqa: F401
from cpcl_mm.apis import load_run_config, parse_run_args, run_parser

EXAMPLES = """examples:
  python tools/train.py configs/clip_itc_synthetic.py
  python tools/train.py configs/clip_itc_synthetic.py --resume
  python tools/train.py configs/clip_itc_synthetic.py --cfg-options train_cfg.max_epochs=5
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
    parser.add_argument('--amp', action='store_true', help='automatic mixed precision')
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
        # Without scores there is no best checkpoint.
        cfg.default_hooks.checkpoint.pop('save_best', None)
    if args.amp:
        cfg.optim_wrapper.type = 'AmpOptimWrapper'
        cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')
    if args.resume:
        cfg.resume = True
        cfg.load_from = None if args.resume == 'auto' else args.resume
    if args.auto_scale_lr:
        if cfg.get('auto_scale_lr') is None:
            raise SystemExit(
                f'{args.config} has no auto_scale_lr = dict(base_batch_size=...), which '
                '--auto-scale-lr scales by'
            )
        cfg.auto_scale_lr.enable = True


def main() -> None:
    """Train."""
    args = parse_args()
    cfg = load_run_config(args.config, args.work_dir, args.cfg_options, args.launcher)
    apply_train_flags(cfg, args)
    Runner.from_cfg(cfg).train()


if __name__ == '__main__':
    main()
