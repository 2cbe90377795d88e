"""Export a trained model to ONNX, to search without torch's weights and on onnxruntime."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

DESCRIPTION = """
Writes a folder with image.onnx and text.onnx, both with a dynamic batch, and export.json: image
size, mean, deviation, channel order, tokenizer, context length and the fingerprint of the model.
Both towers are run by torch and by onnxruntime, and the folder appears only if they agree.

Needs onnx, onnxscript and onnxruntime: pip install -e ".[onnx]"
"""

EXAMPLES = """
examples:
  export, and then index and search with the folder in the place of the checkpoint:
    python tools/export_onnx.py work_dirs/cpcl_synthetic/epoch_8.pth --out exported
    python tools/index_gallery.py exported crops/ --gallery crops.npz
    python tools/search.py "a man in a red jacket" --gallery crops.npz

  a gallery that the checkpoint made, searched by its export:
    python tools/search.py "a man in a red jacket" --gallery crops.npz --checkpoint exported
"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        description=DESCRIPTION, epilog=EXAMPLES, formatter_class=as_written
    )
    add = parser.add_argument
    add('checkpoint', help='checkpoint file of a training')
    add('--out', required=True, type=Path, help='folder to write; an earlier export is replaced')
    add('--config', help='config file of the training, if the checkpoint alone does not do')
    add(
        '--tolerance',
        type=float,
        default=1e-4,
        help='largest difference from torch of one number of a feature (default: 1e-4)',
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Export, and say how well."""
    args = parse_args(argv)
    # Here, so that --help need not wait for torch.
    from cpcl_mm.search import export_onnx

    try:
        manifest = export_onnx(args.checkpoint, args.out, args.config, args.tolerance)
    except (ImportError, OSError, ValueError) as error:
        print(f'export_onnx.py: {error}', file=sys.stderr)
        return 1
    for path in sorted(path for path in args.out.rglob('*') if path.is_file()):
        print(f'{path}: {path.stat().st_size / 2**20:,.2f} MiB')
    print(f'largest difference from torch: {manifest.max_difference:.1e}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
