"""Test a checkpoint, or pretrained weights as they are, on the test split of a config."""

import argparse
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.evaluator import DumpResults
from mmengine.fileio import dump
from mmengine.hooks.test_time_aug_hook import build_runner_with_tta
from mmengine.runner import Runner

import cpcl_mm  # noqa: F401
from cpcl_mm.apis import config_from_args, errors_in_a_sentence, parse_run_args, run_parser
from cpcl_mm.apis.cross_table import configs_on, cross_table, notes_on
from cpcl_mm.apis.model_check import check_model
from cpcl_mm.apis.run_config import build_split
from cpcl_mm.engine.bare_model import bare_model
from cpcl_mm.engine.checkpoint_origin import (
    BEST_ON_TEST,
    CheckpointOrigin,
    is_same_data,
    read_origin,
)
from cpcl_mm.utils.distributed import leave_distributed

EXAMPLES = """examples:
  python tools/test.py configs/itc/clip_itc_synthetic.py work_dirs/clip_itc_synthetic/epoch_8.pth
  python tools/test.py CONFIG CKPT --out scores.json --show-dir pictures
  python tools/test.py configs/itc/clip_itc_cuhk.py --weights openai  # CLIP as it is, zero-shot
  python tools/test.py CONFIG CKPT --on CUHKPEDES=data/CUHK-PEDES ICFGPEDES RSTPReid my_data.py
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
    parser.add_argument(
        '--out-item',
        choices=['metrics', 'pred'],
        help='what to write, scores or features (default: by the suffix of --out)',
    )
    parser.add_argument(
        '--on',
        nargs='+',
        metavar='DATA',
        help='test on each of these data sets, and print one table: names of classes, with a '
        'folder (RSTPReid=data/RSTPReid) or the usual one, and configs',
    )
    parser.add_argument('--show-dir', help='write the sheet of ranked results into this folder')
    parser.add_argument('--amp', action='store_true', help='mixed precision where there is a GPU')
    parser.add_argument(
        '--tta',
        action='store_true',
        help='encode each image mirrored too, and average; or tta_model and tta_pipeline of the '
        'config',
    )
    args = parse_run_args(parser)
    if (args.checkpoint is None) == (args.weights is None):
        parser.error(
            'give either a checkpoint, which holds all weights of the model, or pretrained weights '
            'to test as they are (--weights)'
        )
    if args.out and Path(args.out).suffix not in ('.json', '.pkl'):
        parser.error(f'--out {args.out}: the suffix must be .json (scores) or .pkl (features)')
    if args.out_item and not args.out:
        parser.error('--out-item says what to write: say where to by --out')
    if args.out_item == 'pred' and not args.out.endswith('.pkl'):
        parser.error(f'--out {args.out}: features are written as .pkl')
    if args.on and args.out and not args.out.endswith('.json'):
        parser.error(f'--out {args.out}: with --on, the scores are written as .json')
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
    if args.amp and torch.cuda.is_available():
        cfg.test_cfg.fp16 = True
    origin = read_origin(args.checkpoint) if args.checkpoint else CheckpointOrigin()
    if args.on:
        test_on_each(cfg, args, origin)
        return
    item = args.out_item or (args.out and ('pred' if args.out.endswith('.pkl') else 'metrics'))
    scores = test_on(cfg, args, origin, features=args.out if item == 'pred' else None)
    if item == 'metrics':
        dump(scores, args.out)


def test_on_each(cfg: Config, args: argparse.Namespace, origin: CheckpointOrigin) -> None:
    """Test on several data sets, and print one table."""
    configs = configs_on(cfg, args.on)
    for each in configs.values():
        # What is missing shall show before the first test.
        build_split(each, 'test')
    scores = {name: test_on(each, args, origin) for name, each in configs.items()}
    notes = notes_on(configs, origin)
    if is_main_process():
        print('\n'.join(['', *cross_table(scores), '', *(f'- {note}' for note in notes)]))
        if args.out:
            source = dict(config=args.config, checkpoint=args.checkpoint, weights=args.weights)
            dump({**source, 'scores': scores, 'notes': notes}, args.out, indent=2)


def test_on(
    cfg: Config, args: argparse.Namespace, origin: CheckpointOrigin, features: str | None = None
) -> dict[str, float]:
    """Test on the data set of a config, and say with the scores what they are."""
    dataset = cfg.test_dataloader.dataset
    if args.show_dir:
        show_in(cfg, str(Path(args.show_dir, Path(cfg.work_dir).name if args.on else '')))
    runner = build_runner_with_tta(augment(cfg)) if args.tta else Runner.from_cfg(cfg)
    if args.checkpoint is None:
        # The Runner itself does so only before training.
        model = bare_model(runner)
        model.init_weights()
    if features:
        runner.test_evaluator.metrics.append(DumpResults(out_file_path=features))
    scores = origin.name_scores(runner.test(), dataset)
    if is_same_data(origin.chosen_on, dataset):
        runner.logger.warning(
            f'{args.checkpoint} was chosen on this very data: its scores are the {BEST_ON_TEST}.'
        )
    return scores


def augment(cfg: Config) -> Config:
    """Let the model see each image and its mirror image; captions stay."""
    if 'tta_pipeline' not in cfg:
        on_image, *others = cfg.test_dataloader.dataset.pipeline
        if on_image.type != 'OnImage':
            raise ValueError(f'{cfg.filename}: --tta needs tta_pipeline, or OnImage first of all')
        flip = dict(type='RandomFlip', prob=1.0)
        mirrored = dict(on_image, transforms=[*on_image.transforms, flip])
        views = [[on_image, mirrored], *([step] for step in others)]
        cfg.tta_pipeline = [dict(type='TestTimeAug', transforms=views)]
    cfg.setdefault('tta_model', dict(type='cpcl_mm.AverageFeatureTTA'))
    return cfg


def show_in(cfg: Config, folder: str) -> None:
    """Send the sheet of ranked results to a folder."""
    cfg.default_hooks.setdefault(
        'ranked_sheet', dict(type='cpcl_mm.RankedSheetHook')
    ).out_dir = folder


if __name__ == '__main__':
    main()
