"""Convert weights of CLIP between the forms of the field, and bring a trained model to its code."""

import argparse
import math
from pathlib import Path

import torch
from safetensors.torch import save_file

from cpcl_mm.apis import errors_in_a_sentence, tool_parser
from cpcl_mm.models.clip_weights import locate_weights
from cpcl_mm.models.weights_file import read_weights
from cpcl_mm.models.weights_names import CLIPWeights, sort_by_tower, to_irra, to_open_clip
from cpcl_mm.utils.whole_file import whole_file

SUFFIXES = {'open_clip': '.safetensors', 'irra': '.pth'}
# What open_clip's models begin with; training with a fixed temperature learns none.
LOGIT_SCALE = math.log(1 / 0.07)

EXAMPLES = """examples:
  # IRRA's checkpoint for open_clip: open_clip.create_model('ViT-B-16-quickgelu',
  #     pretrained='irra.safetensors', force_image_size=(384, 128))
  python tools/convert_weights.py irra/best.pth irra.safetensors
  # a model trained here, for the code of IRRA and what is built on it
  python tools/convert_weights.py work_dirs/cpcl_cuhk/epoch_60.pth cpcl.pth --form irra
"""


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(__doc__, EXAMPLES)
    parser.add_argument(
        'source',
        help='a checkpoint of this package, or what --weights takes: a file of any form, a name of '
        'the Hugging Face hub, a tag (with --architecture)',
    )
    parser.add_argument('target', type=Path, help='the file to write: .safetensors, or .pth')
    parser.add_argument(
        '--form',
        choices=SUFFIXES,
        default='open_clip',
        help="whose names: open_clip's as .safetensors (default), or IRRA's as .pth",
    )
    parser.add_argument('--architecture', default='ViT-B-16-quickgelu', help='whose tag is meant')
    args = parser.parse_args()
    if args.target.suffix != SUFFIXES[args.form]:
        parser.error(f'{args.target}: --form {args.form} is written as {SUFFIXES[args.form]}')
    return args


def convert(source: str, target: Path, form: str, architecture: str) -> None:
    """Read, rename, write, and say what was left out."""
    path = locate_weights(source, architecture)
    weights = sort_by_tower(read_weights(path), path)
    _check_necks(weights, source)
    with whole_file(target) as file:
        if form == 'irra':
            torch.save({'model': to_irra(weights)}, file)
        else:
            scale = torch.tensor(LOGIT_SCALE)
            save_file({'logit_scale': scale, **to_open_clip(weights)}, file)
    print(
        f'{target}: {len(weights.visual)} tensors of the image tower and {len(weights.text)} of '
        f'the text tower, which {path} has in the form of {weights.form}'
    )
    if weights.heads:
        print(f'left out: {weights.describe_heads()}')


def _check_necks(weights: CLIPWeights, source: str) -> None:
    """Refuse a model whose features are not those of its towers."""
    if necks := [key for key in weights.heads if key.startswith(('image_neck.', 'text_neck.'))]:
        raise ValueError(
            f'{source} has a neck behind a tower ({necks[0]}), which no other code knows: its '
            'features cannot be had from the towers alone'
        )


def main() -> None:
    """Convert."""
    args = parse_args()
    with errors_in_a_sentence():
        convert(args.source, args.target, args.form, args.architecture)


if __name__ == '__main__':
    main()
