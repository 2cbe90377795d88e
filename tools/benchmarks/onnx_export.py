"""Size and speed of an ONNX export beside the torch model that it was made from."""

import argparse
import itertools
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import cpcl_mm  # noqa: F401  (registers the models)
from cpcl_mm.apis import tool_parser
from cpcl_mm.apis.measuring import peak_memory
from cpcl_mm.search import ModelEncoder, export_onnx, find_images
from cpcl_mm.search.loading import load_encoder
from cpcl_mm.search.onnx_export import sample_inputs
from cpcl_mm.search.vector_index import IndexSettings, build_search

TOPK = 10
TOWERS = ('image', 'text')

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
  python tools/benchmarks/onnx_export.py work_dirs/cpcl_synthetic/epoch_8.pth \\
      data/SyntheticPedes/imgs/test
  large towers:
    python tools/benchmarks/onnx_export.py CHECKPOINT crops/ --max-images 32 --batch-size 8
"""


def mebibytes(encoder: ModelEncoder) -> float:
    """Size of the ONNX files, or of the weights that encode: towers and necks without head."""
    if Path(encoder.source).is_dir():
        return sum(path.stat().st_size for path in Path(encoder.source).glob('*.onnx*')) / 2**20
    weights = encoder.model.state_dict()
    sizes = [x.numel() * x.element_size() for k, x in weights.items() if not k.startswith('head.')]
    return sum(sizes) / 2**20


def encode(
    encoders: Mapping[str, ModelEncoder], inputs: Tensor, tower: str
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Encode by all in turns, so that a busy moment meets all; features, and rows a second."""
    features: dict[str, list[Tensor]] = {name: [] for name in encoders}
    seconds = dict.fromkeys(encoders, 0.0)
    batches = [{tower: x} for x in inputs]
    for encoder in encoders.values():
        # The first call, which allocates, is not counted.
        encoder.model.extract_feat(batches[0])
    for batch, (name, encoder) in itertools.product(batches, encoders.items()):
        start = time.perf_counter()
        features[name].append(encoder.model.extract_feat(batch)[tower])
        seconds[name] += time.perf_counter() - start
    rows = sum(len(x) for x in inputs)
    joined = {name: torch.cat(parts).numpy() for name, parts in features.items()}
    return joined, {name: rows / value for name, value in seconds.items()}


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add('checkpoint', help='checkpoint of a training')
    add('images', nargs='+', help='folders and image files')
    add('--config', help='config file of the training, if the checkpoint alone does not do')
    add('--batch-size', type=int, default=64, help='rows a batch (default: 64)')
    add('--max-images', type=int, default=512, help='images, at most (default: 512)')
    add('--threads', type=int, default=1, help='of torch and of onnxruntime (default: 1)')
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    args = parse_args()
    torch.set_num_threads(args.threads)
    paths = find_images(args.images).images[: args.max_images]
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        out = Path(folder, 'exported')
        export_onnx(args.checkpoint, out, args.config)
        first = load_encoder(args.checkpoint, args.config, 'cpu')
        encoders = {'torch': first, 'onnxruntime': load_encoder(out)}
        inputs = {
            **first.collate([first.prepare_image(path) for path in paths]),
            'text': sample_inputs(first, len(paths))['text'],
        }
        results = {
            tower: encode(encoders, inputs[tower].split(args.batch_size), tower) for tower in TOWERS
        }
        sizes = {name: mebibytes(encoder) for name, encoder in encoders.items()}
    speeds = {name: [results[tower][1][name] for tower in TOWERS] for name in encoders}
    features = [[results[tower][0][name] for tower in TOWERS] for name in encoders]
    print(f'{args.threads} thread(s), {len(paths)} images, batches of {args.batch_size}\n')
    print('| | size (MiB) | images/s | captions/s |')
    print('|---|---|---|---|')
    for name, (images, captions) in speeds.items():
        print(f'| {name} | {sizes[name]:,.1f} | {images:,.1f} | {captions:,.1f} |')
    ratios = [speeds['onnxruntime'][row] / speeds['torch'][row] for row in range(2)]
    print(f'| ratio | | {ratios[0]:.2f} | {ratios[1]:.2f} |')
    difference = max(float(np.abs(one - other).max()) for one, other in zip(*features, strict=True))
    rows = [
        build_search(images, IndexSettings())(np.concatenate([images, captions]), TOPK)[1]
        for images, captions in features
    ]
    same = (rows[0] == rows[1]).all(axis=1).mean()
    print(f'\ndifference {difference:.1e}, same top-{TOPK}: {100 * same:.1f} %')
    print(f'peak memory of the process {peak_memory() / 2**30:.2f} GiB')


if __name__ == '__main__':
    main()
