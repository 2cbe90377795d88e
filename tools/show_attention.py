"""Draw where in an image a trained model sees what sentences say."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

DESCRIPTION = """
Draws a heat map over the image for each sentence: red where patches of the image are nearest to
it. For cpcl-tiny the score of a patch is what it adds to the score of the image, exactly. For the
vision transformers of CLIP it is the cosine of its projected token and the sentence, a hint only.
"""

EXAMPLES = """
examples:
  python tools/show_attention.py work_dirs/cpcl_synthetic/epoch_8.pth crops/0042.jpg \\
      "a red jacket" "white shoes" --out attention.png
"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        description=DESCRIPTION, epilog=EXAMPLES, formatter_class=as_written
    )
    add = parser.add_argument
    add('checkpoint', help='checkpoint file of a training')
    add('image', help='image file')
    add('texts', nargs='+', metavar='TEXT', help='a sentence, in quotes; a column of the picture')
    add('--out', required=True, type=Path, help='picture to write, such as attention.png')
    add('--config', help='config file of the training, if the checkpoint alone does not do')
    add('--device', help='such as cpu or cuda:1 (default: a GPU where there is one)')
    # Intermixed: sentences may stand behind flags.
    return parser.parse_intermixed_args(argv)


def draw(args: argparse.Namespace) -> str:
    """Draw as the command line says; returns what there is to tell."""
    # Here, so that --help need not wait for torch.
    from cpcl_mm.search.attention import attention_maps
    from cpcl_mm.search.loading import load_encoder
    from cpcl_mm.utils.image_file import read_image
    from cpcl_mm.visualization import draw_attention_sheet

    encoder = load_encoder(args.checkpoint, args.config, args.device)
    maps = attention_maps(encoder, args.image, args.texts)
    sheet = draw_attention_sheet(read_image(args.image), maps)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(args.out)
    return '\n'.join([*(f'{found.score:6.3f}  {found.text}' for found in maps), str(args.out)])


def main(argv: Sequence[str] | None = None) -> int:
    """Draw."""
    args = parse_args(argv)
    try:
        print(draw(args))
    except (ImportError, OSError, ValueError) as error:
        print(f'show_attention.py: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
