"""Draw the pseudo labels of a training: a sheet of clusters, and curves over the epochs."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config, DictAction

import cpcl_mm  # noqa: F401  (registers the data sets)
from cpcl_mm.apis import tool_parser
from cpcl_mm.apis.run_config import build_split
from cpcl_mm.pseudo_labels import load_history, load_labels, recorded_epochs
from cpcl_mm.visualization import draw_cluster_sheet, draw_label_curves

EXAMPLES = """
examples:
  the clusters that the last clustering of a training made, and the curves up to it:
    python tools/show_pseudo_labels.py configs/cpcl_synthetic.py work_dirs/cpcl_synthetic

  the clusters that epoch 5 was trained with, more of them, elsewhere:
    python tools/show_pseudo_labels.py configs/cpcl_synthetic.py work_dirs/cpcl_synthetic \\
        --epoch 5 --clusters 30 --out-dir pictures
"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(
        'Draws two PNGs: clusters_epoch_NNN.png, image clusters with the text clusters '
        'that their captions fall into, and label_curves.png, numbers and quality of clusters over '
        'the epochs. WORK_DIR is that of a training which clusters; CONFIG, its config, says where '
        'the images and captions are.',
        EXAMPLES,
    )
    parser.add_argument('config', help='config file of the training')
    parser.add_argument('work_dir', type=Path, help='its work directory')
    parser.add_argument(
        '--epoch', type=int, help='draw the clusters of this epoch (default: the latest)'
    )
    parser.add_argument(
        '--clusters', type=int, default=12, help='clusters to draw, at most (default: 12)'
    )
    parser.add_argument(
        '--out-dir', type=Path, help='where to write (default: WORK_DIR/pseudo_labels)'
    )
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, help='settings to override, as KEY=VALUE'
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Draw and write both pictures."""
    args = parse_args(argv)
    folder = args.work_dir / 'pseudo_labels'
    labels, history = load_labels(folder, args.epoch), load_history(folder)
    epoch = recorded_epochs(folder)[-1] if args.epoch is None else args.epoch

    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    dataset = build_split(cfg, 'train')
    name = f'{type(dataset).__name__}, {dataset.split}: pseudo labels'
    sheet = draw_cluster_sheet(labels, dataset, args.clusters, f'{name} of epoch {epoch}')
    known = set(dataset.identities[dataset.identities >= 0].tolist())
    curves = draw_label_curves(history, len(known) or None, f'{name} over the epochs')

    out_dir = args.out_dir or folder
    out_dir.mkdir(parents=True, exist_ok=True)
    sheet.save(out_dir / f'clusters_epoch_{epoch:03d}.png')
    curves.savefig(out_dir / 'label_curves.png')
    print(f'{out_dir / f"clusters_epoch_{epoch:03d}.png"} and {out_dir / "label_curves.png"}')


if __name__ == '__main__':
    main()
