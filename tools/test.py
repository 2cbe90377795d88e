"""Test a checkpoint, or pretrained weights as they are, on the test split of a config."""

import argparse
from pathlib import Path

from mmengine.config import Config
from mmengine.evaluator import DumpResults
from mmengine.fileio import dump
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

import cpcl_mm  # noqa: F401
from cpcl_mm.apis import config_from_args, errors_in_a_sentence, parse_run_args, run_parser
from cpcl_mm.apis.model_check import check_model
from cpcl_mm.utils.distributed import leave_distributed

EXAMPLES = """examples:
  python tools/test.py configs/itc/clip_itc_synthetic.py work_dirs/clip_itc_synthetic/epoch_20.pth
  python tools/test.py CONFIG CKPT --out scores.json --show-dir pictures
  python tools/test.py configs/itc/clip_itc_cuhk.py --weights openai  # CLIP as it is, zero-shot
"""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = run_parser(__doc__, EXAMPLES)
    parser.add_argument(
        'checkpoint', nargs='?', help='checkpoint file; none to test --weights without training'
    )
    parser.add_argument(
        '--out', help='write the scores to this .json file, or the features to this .pkl file'
    )
    parser.add_argument('--show-dir', help='write the sheet of ranked results into this folder')
    args = parse_run_args(parser)
    if (args.checkpoint is None) == (args.weights is None):
        parser.error(
            'give either a checkpoint, which holds all weights of the model, or pretrained weights '
            'to test as they are (--weights)'
        )
    if args.out and Path(args.out).suffix not in ('.json', '.pkl'):
        parser.error(f'--out {args.out}: the suffix must be .json (scores) or .pkl (features)')
    return args


def main() -> None:
    """Test."""
    args = parse_args()
    with errors_in_a_sentence():
        test(args)
    leave_distributed()


def test(args: argparse.Namespace) -> None:
    """Load, test and write what is asked for."""
    cfg = config_from_args(args)
    if args.checkpoint and not Path(args.checkpoint).is_file():
        raise FileNotFoundError(f'no checkpoint file {args.checkpoint!r}')
    check_model(cfg)
    cfg.load_from = args.checkpoint
    # A config may say resume, which concerns training.
    cfg.resume = False
    if args.show_dir:
        show_in(cfg, args.show_dir)
    runner = Runner.from_cfg(cfg)
    if args.checkpoint is None:
        # The Runner itself does so only before training.
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        model.init_weights()
    if args.out and args.out.endswith('.pkl'):
        runner.test_evaluator.metrics.append(DumpResults(out_file_path=args.out))
    scores = runner.test()
    if args.out and args.out.endswith('.json'):
        dump(scores, args.out)


def show_in(cfg: Config, folder: str) -> None:
    """Send the sheet of ranked results to a folder."""
    cfg.default_hooks.setdefault(
        'ranked_sheet', dict(type='cpcl_mm.RankedSheetHook')
    ).out_dir = folder


if __name__ == '__main__':
    main()
