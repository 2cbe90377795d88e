"""Size and speed of an ONNX export beside the torch model that it was made from."""

import argparse
import itertools
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

import cpcl_mm  # noqa: F401  (registers the models)
from cpcl_mm.apis import tool_parser
from cpcl_mm.search import ModelEncoder, export_onnx, find_images
from cpcl_mm.search.loading import load_encoder
from cpcl_mm.search.onnx_export import sample_inputs
from cpcl_mm.search.vector_index import IndexSettings, build_search

TOPK = 10

DESCRIPTION = """
Exports a checkpoint, and runs both towers by torch and by onnxruntime on the CPU, batch by batch in
turns, on the same images and as many captions. Decoding and tokenizing are not measured. Prints

  size          MiB of the weights that encode, in memory, and of the ONNX files
  images/s, captions/s
  difference    largest difference of one number of a feature
  same top-10   share of all captions and images, as queries, whose ten best images are the same
"""

EXAMPLES = """
examples:
  python tools/benchmarks/onnx_export.py work_dirs/cpcl_synthetic/epoch_20.pth \\
      data/SyntheticPedes/imgs/test
  large towers:
    python tools/benchmarks/onnx_export.py CHECKPOINT crops/ --max-images 32 --batch-size 8
"""

TOWERS = ('image', 'text')


class Run(NamedTuple):
    """What a backend does.

    Attributes:
        features: Features of each tower, (N, D).
        speeds: Rows a second of each tower.
        mebibytes: Size of what it reads.
    """

    features: dict[str, np.ndarray]
    speeds: dict[str, float]
    mebibytes: float


def torch_mebibytes(encoder: ModelEncoder) -> float:
    """Size of what encodes: towers and necks, without head and optimizer."""
    weights = encoder.model.state_dict()
    sizes = [x.numel() * x.element_size() for k, x in weights.items() if not k.startswith('head.')]
    return sum(sizes) / 2**20


def onnx_mebibytes(folder: Path) -> float:
    """Size of the ONNX files, those of external weights included."""
    return sum(path.stat().st_size for path in folder.glob('*.onnx*')) / 2**20


def make_inputs(encoder: ModelEncoder, paths: Sequence[str]) -> dict[str, Tensor]:
    """Decode images, and make as many captions of a few."""
    images = encoder.collate([encoder.prepare_image(path) for path in paths])['image']
    return {'image': images, 'text': sample_inputs(encoder, len(paths))['text']}


def compare(
    encoders: dict[str, ModelEncoder], inputs: dict[str, Tensor], batch_size: int
) -> dict[str, Run]:
    """Run both backends in turns, so that a busy moment of the machine meets both."""
    seconds = dict.fromkeys(itertools.product(encoders, TOWERS), 0.0)
    features: dict[tuple[str, str], list[Tensor]] = {key: [] for key in seconds}
    for tower in TOWERS:
        batches = [{tower: x} for x in inputs[tower].split(batch_size)]
        for encoder in encoders.values():
            # The first call, which allocates, is not counted.
            encoder.model.extract_feat(batches[0])
        for batch, (name, encoder) in itertools.product(batches, encoders.items()):
            start = time.perf_counter()
            features[name, tower].append(encoder.model.extract_feat(batch)[tower])
            seconds[name, tower] += time.perf_counter() - start
    folder = Path(encoders['onnxruntime'].source)
    sizes = (torch_mebibytes(encoders['torch']), onnx_mebibytes(folder))
    return {
        name: Run(
            {tower: torch.cat(features[name, tower]).numpy() for tower in TOWERS},
            {tower: len(inputs[tower]) / seconds[name, tower] for tower in TOWERS},
            size,
        )
        for name, size in zip(encoders, sizes, strict=True)
    }


def same_top(runs: dict[str, Run]) -> float:
    """Share of the queries, all captions and all images, that find the same images in order."""
    rows = [
        build_search(run.features['image'], IndexSettings())(
            np.concatenate([run.features[tower] for tower in TOWERS]), TOPK
        )[1]
        for run in runs.values()
    ]
    return float((rows[0] == rows[1]).all(axis=1).mean())


def table(runs: dict[str, Run]) -> str:
    """Write both backends as a table of Markdown."""
    lines = ['| | size (MiB) | images/s | captions/s |', '|---|---|---|---|']
    lines += [
        f'| {name} | {run.mebibytes:,.1f} | {run.speeds["image"]:,.1f} | '
        f'{run.speeds["text"]:,.1f} |'
        for name, run in runs.items()
    ]
    return '\n'.join(lines)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add('checkpoint', help='checkpoint of a training')
    add('images', nargs='+', help='folders and image files')
    add('--config', help='config file of the training, if the checkpoint alone does not do')
    add('--batch-size', type=int, default=64, help='rows a batch (default: 64)')
    add('--max-images', type=int, default=512, help='images, at most (default: 512)')
    add('--threads', type=int, default=1, help='of torch and of onnxruntime (default: 1)')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    args = parse_args(argv)
    torch.set_num_threads(args.threads)
    model = (args.config or args.checkpoint, args.checkpoint if args.config else None)
    paths = [source.name for source in find_images(args.images).sources][: args.max_images]
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        out = Path(folder, 'exported')
        export_onnx(model[0], out, model[1])
        encoders = {'torch': load_encoder(*model, 'cpu'), 'onnxruntime': load_encoder(out)}
        runs = compare(encoders, make_inputs(encoders['torch'], paths), args.batch_size)
    print(f'{args.threads} thread(s), {len(paths)} images, batches of {args.batch_size}\n')
    print(table(runs))
    one, other = (run.features for run in runs.values())
    difference = max(float(np.abs(one[tower] - other[tower]).max()) for tower in TOWERS)
    print(f'\ndifference {difference:.1e}, same top-{TOPK}: {100 * same_top(runs):.1f} %')
    return 0


if __name__ == '__main__':
    sys.exit(main())
