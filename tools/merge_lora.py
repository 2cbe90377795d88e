"""Merge adapters into the weights that they change: a checkpoint for searching and exporting."""

import argparse
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

import cpcl_mm  # noqa: F401
from cpcl_mm.apis import config_from_args, errors_in_a_sentence, parse_run_args, run_parser
from cpcl_mm.engine.hooks.adapter_checkpoint_hook import complete_adapters
from cpcl_mm.models.lora import merge_lora
from cpcl_mm.registry import MODELS
from cpcl_mm.utils.safe_checkpoints import load_checkpoint_file
from cpcl_mm.utils.whole_file import whole_file

EXAMPLES = """examples:
  python tools/merge_lora.py configs/lora/lora_cuhk.py work_dirs/lora_cuhk/epoch_60.pth cpcl.pth
  python tools/index_gallery.py cpcl.pth crops/ --gallery crops.npz
"""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = run_parser(__doc__, EXAMPLES)
    parser.add_argument('checkpoint', help='checkpoint of a training with lora')
    parser.add_argument('target', type=Path, help='the checkpoint to write')
    return parse_run_args(parser)


def merge(cfg: Config, source: str, target: Path) -> None:
    """Read, merge and write."""
    checkpoint = load_checkpoint_file(source)
    if not isinstance(checkpoint.get('state_dict'), dict):
        raise ValueError(f'{source} has no "state_dict": it is no checkpoint of a training')
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build({**cfg.model, 'data_preprocessor': cfg.get('data_preprocessor')})
    complete_adapters(model, checkpoint, source)
    for tower in ('image_backbone', 'text_backbone'):
        cfg.model[tower].pop('lora', None)
    weights = merge_lora(checkpoint['state_dict'])
    with whole_file(target) as file:
        torch.save({'meta': {'cfg': cfg.pretty_text}, 'state_dict': weights}, file)
    print(f'{target}: {len(weights)} tensors, {target.stat().st_size / 2**20:.1f} MiB')


def main() -> None:
    """Merge."""
    args = parse_args()
    with errors_in_a_sentence():
        merge(config_from_args(args), args.checkpoint, args.target)


if __name__ == '__main__':
    main()
