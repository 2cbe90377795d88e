"""Time and memory of clustering, beside a bare product and the usual dense way."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from dense_clustering import BYTES_PER_PAIR, dense_labels
from mmengine.logging import MMLogger
from person_features import person_features
from sklearn.metrics import adjusted_rand_score

from cpcl_mm.apis import tool_parser
from cpcl_mm.apis.measuring import device_name, in_own_process, peak_memory
from cpcl_mm.kreciprocal import ClusterResult, JaccardDBSCAN
from cpcl_mm.kreciprocal.neighbors import BACKENDS, resolve_backend, search_device

SIZES = (2000, 8000, 16_000, 34_054, 68_126)
STAGES = ('neighbors', 'jaccard', 'dbscan')
TILE = {'cpu': 1024, 'cuda': 8192}
SAMPLES_PER_PERSON = 5
CHECKED_ON_CPU = 100_000
# Least adjusted Rand index to the dense labels; rounding may move a pair that lies on eps.
SAME = 0.999

DESCRIPTION = """
Clusters made-up features (a long tail of identities, look-alikes, 15 % outliers, a spectrum that
decays as that of trained encoders does; seeded) at several sizes, and prints a table of seconds and
of the peak memory beyond the features:

  ours      cpcl_mm.kreciprocal.JaccardDBSCAN, by stage
  product   the bare float32 product of all pairs, N x N x D, in tiles
  dense     N x N arrays and scikit-learn's DBSCAN, up to the size that memory allows

Each is measured in a process of its own. On a GPU the product runs there, too, and the memory is
that of the GPU with its copy of the features; labels are then compared with the CPU's up to 100,000
samples. The exit code is 1 if labels differ from those compared with.
"""
EXAMPLES = """
examples:
  CUHK-PEDES has 34,054 training images and 68,126 captions:
    python tools/benchmarks/clustering.py
  a million, for which two cores want 35 minutes and 8 GiB:
    python tools/benchmarks/clustering.py 1000000 --threads 2 --no-product --dense-gib 0
  on a GPU, held against the labels of the CPU:
    python tools/benchmarks/clustering.py 68126 1000000 --backend torch --dense-gib 0
  a quick look:
    python tools/benchmarks/clustering.py 500 1000 --dimensions 64
"""


def make_features(size: int, dimensions: int, decay: float) -> np.ndarray:
    """Draw features of people who are seen the more often the smaller their number, (N, D)."""
    people = max(1, size // SAMPLES_PER_PERSON)
    share = 1 / np.sqrt(np.arange(1, people + 1))
    identities = np.random.default_rng(0).choice(people, size, p=share / share.sum())
    return person_features(identities, dimensions, decay=decay)


def ours(features: np.ndarray, backend: str, threads: int) -> ClusterResult:
    """Labels of this package and the seconds of the stages."""
    # Of the few features that the compiling run has, the clusterer complains.
    MMLogger.get_current_instance().setLevel('ERROR')
    return JaccardDBSCAN(backend=backend, num_threads=threads)(features)


def product(features: np.ndarray, device: torch.device) -> None:
    """Give the product alone, in tiles of which none is kept."""
    size = TILE[device.type]
    blocks = torch.from_numpy(features).to(device).split(size)
    buffer = torch.empty(size * size, device=device)
    for a in blocks:
        for b in blocks:
            torch.mm(a, b.T, out=buffer[: len(a) * len(b)].view(len(a), len(b)))


def measure(
    way: Callable[[np.ndarray], Any], size: int, args: argparse.Namespace, device: torch.device
) -> tuple[Any, float, float]:
    """Run one way in this process; give its result, seconds, and MiB beyond the features."""
    torch.set_num_threads(args.threads)
    features = make_features(size, args.dimensions, args.decay)
    # Compiles, so that the timed run does not.
    way(features[:200])
    on_gpu = device.type == 'cuda'
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(device)
    # Nothing is held on a GPU, so that its copy of the features counts.
    before = 0 if on_gpu else peak_memory()
    start = time.perf_counter()
    result = way(features)
    if on_gpu:
        torch.cuda.synchronize(device)
    return result, time.perf_counter() - start, (peak_memory(device) - before) / 2**20


def measure_size(size: int, args: argparse.Namespace) -> tuple[list[str], bool]:
    """Measure all ways at one size; give the cells of its row, and whether labels are the same."""
    cpu, device = torch.device('cpu'), search_device(resolve_backend(args.backend))
    way = partial(ours, threads=args.threads)
    found, seconds, mebibytes = in_own_process(
        measure, partial(way, backend=args.backend), size, args, device
    )
    cells = [f'{size:,}', *(f'{found.seconds[stage]:.2f}' for stage in STAGES)]
    cells += [f'{seconds:.2f}', f'{mebibytes:,.0f}', *['-'] * 6]
    if args.product:
        _, bare, _ = in_own_process(measure, partial(product, device=device), size, args, device)
        cells[6:8] = [f'{bare:.2f}', f'{seconds / bare:.2f}']
    labels = None
    if BYTES_PER_PAIR * size**2 <= args.dense_gib * 2**30:
        labels, dense, peak = in_own_process(measure, dense_labels, size, args, cpu)
        cells[8:11] = [f'{dense:.1f}', f'{peak:,.0f}', f'{dense / seconds:.1f}']
    elif device != cpu and size <= CHECKED_ON_CPU:
        labels = in_own_process(measure, partial(way, backend='cpu'), size, args, cpu)[0].labels
    if labels is None:
        return cells, True
    index = adjusted_rand_score(labels, found.labels)
    cells[11] = 'equal' if np.array_equal(labels, found.labels) else f'ARI {index:.4f}'
    return cells, index >= SAME


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    sizes = ' '.join(map(str, SIZES))
    add('sizes', nargs='*', type=int, default=SIZES, metavar='N', help=f'(default: {sizes})')
    add('--dimensions', type=int, default=512, help='length of a feature (default: 512)')
    add('--threads', type=int, default=1, help='threads of every way (default: 1)')
    add('--backend', choices=BACKENDS, default='auto', help='of ours (default: auto)')
    text = 'variance of direction i is proportional to i^-DECAY (default: 0.75)'
    add('--decay', type=float, default=0.75, help=text)
    add('--no-product', dest='product', action='store_false', help='leave the bare product out')
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30
    text = 'most memory for the dense way (default: 60 %% of this machine)'
    add('--dense-gib', type=float, default=0.6 * memory, help=text)
    args = parser.parse_args(argv)
    if min(args.sizes) < 1:
        parser.error(f'sizes are numbers of samples from 1, got {min(args.sizes)}')
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Measure all sizes; the exit code is 1 if labels differ."""
    args = parse_args(argv)
    MMLogger.get_current_instance().setLevel('WARNING')
    torch.set_num_threads(args.threads)
    device = search_device(resolve_backend(args.backend))
    print(f'{device_name(device)}, torch {torch.__version__}, {args.dimensions} dimensions')
    columns = ['N', *(f'{stage} s' for stage in STAGES), 'ours s', 'ours MiB', 'product s']
    columns += ['ours / product', 'dense s', 'dense MiB', 'dense / ours', 'labels']
    for row in (columns, ['---:'] * len(columns)):
        print(f'| {" | ".join(row)} |', flush=True)
    same = True
    for size in args.sizes:
        cells, as_expected = measure_size(size, args)
        print(f'| {" | ".join(cells)} |', flush=True)
        same &= as_expected
    return 0 if same else 1


if __name__ == '__main__':
    sys.exit(main())
