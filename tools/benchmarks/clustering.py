"""Time and memory of clustering, beside a bare product and the usual dense way."""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from dense_clustering import BYTES_PER_PAIR, dense_labels, dense_ranks
from matplotlib.ticker import NullLocator
from mmengine.logging import MMLogger
from person_features import person_features
from sklearn.metrics import adjusted_rand_score

from cpcl_mm.apis import tool_parser
from cpcl_mm.apis.measuring import device_name, peak_memory
from cpcl_mm.kreciprocal import ClusterResult, JaccardDBSCAN
from cpcl_mm.kreciprocal.neighbors import BACKENDS, PRECISIONS, resolve_backend, search_device

SIZES = (2000, 8000, 16_000, 34_054, 68_126)
STAGES = ('neighbors', 'jaccard', 'dbscan')
APPROXIMATE_ABOVE = 200_000
TILE = {'cpu': 1024, 'cuda': 8192}
SAMPLES_PER_PERSON = 5
SAME = 0.999
"""Least adjusted Rand index to the dense labels; rounding may move a pair that lies on eps."""

DESCRIPTION = """
Clusters made-up features (a long tail of identities, look-alikes, 15 % outliers, a spectrum that
decays as that of trained encoders does; seeded) at several sizes, and prints a table of seconds and
of the peak memory beyond the features:

  ours      cpcl_mm.kreciprocal.JaccardDBSCAN, by stage
  product   the bare float32 product of all pairs, N x N x D, in tiles
  dense     N x N arrays and scikit-learn's DBSCAN, up to the size that memory allows

The last ratio is that of what follows the neighbor search. Above a size the search is approximate:
then its estimated recall is in the table, with the agreement of its labels with exact ones, and the
product is left out. Each way is measured in a
process of its own. Where ours runs on a GPU so does the product, and the memory is that of the GPU
with its copy of the features; the dense way stays on the CPU. The exit code is 1 if labels differ
from the dense ones.
"""
EXAMPLES = """
examples:
  CUHK-PEDES has 34,054 training images and 68,126 captions:
    python tools/benchmarks/clustering.py --out work_dirs/clustering
  large sizes, for which a machine wants 8 GiB and an hour:
    python tools/benchmarks/clustering.py 200000 1000000 --threads 2
  a quick look:
    python tools/benchmarks/clustering.py 500 1000 --dimensions 64
  without the dense way, on a GPU if there is one:
    python tools/benchmarks/clustering.py 34054 68126 --backend torch --dense-gib 0
"""


@dataclass(frozen=True)
class Measurement:
    """What one way took at one size.

    Attributes:
        seconds (float): Wall-clock time.
        mebibytes (float): Peak memory of the process beyond what it held with the features; of a
            GPU that of its tensors.
        stages (dict[str, float]): Seconds by stage.
        labels (np.ndarray | None): (N,) labels.
        recall (float | None): Of an approximate search.
    """

    seconds: float
    mebibytes: float
    stages: dict[str, float] = field(default_factory=dict)
    labels: np.ndarray | None = None
    recall: float | None = None

    @property
    def after_search(self) -> float:
        """Seconds of what follows the neighbor search."""
        return sum(self.stages[stage] for stage in STAGES[1:])


Way = Callable[[np.ndarray], ClusterResult | None]


def make_features(size: int, dimensions: int, decay: float = 0.75, seed: int = 0) -> np.ndarray:
    """Draw features of people who are seen the more often the smaller their number.

    Args:
        size (int): Number of samples N.
        dimensions (int): Length of a feature D.
        decay (float): Of the spectrum, see :func:`person_features`.
        seed (int): Defaults to 0.

    Returns:
        np.ndarray: Float32 (N, D), rows of unit length.
    """
    people = max(1, size // SAMPLES_PER_PERSON)
    share = 1 / np.sqrt(np.arange(1, people + 1))
    identities = np.random.default_rng(seed).choice(people, size, p=share / share.sum())
    return person_features(identities, dimensions, seed, decay=decay)


def ours(
    features: np.ndarray, backend: str, precision: str, threads: int, approximate_above: int | None
) -> ClusterResult:
    """Labels of this package and the seconds of the stages."""
    clusterer = JaccardDBSCAN(
        backend=backend,
        precision=precision,
        num_threads=threads,
        approximate_above=approximate_above,
    )
    return clusterer(features)


def product(features: np.ndarray, device: torch.device) -> None:
    """Give the product alone, in tiles of which none is kept."""
    size = TILE[device.type]
    blocks = torch.from_numpy(features).to(device).split(size)
    buffer = torch.empty(size * size, device=device)
    for a in blocks:
        for b in blocks:
            torch.mm(a, b.T, out=buffer[: len(a) * len(b)].view(len(a), len(b)))


def dense(features: np.ndarray) -> ClusterResult:
    """Labels of the usual way."""
    start = time.perf_counter()
    rank = dense_ranks(features)
    middle = time.perf_counter()
    labels = dense_labels(features, rank)
    rest = time.perf_counter() - middle
    return ClusterResult(labels, {'neighbors': middle - start, 'jaccard': rest, 'dbscan': 0.0})


def measure(way: Way, size: int, args: argparse.Namespace, device: torch.device) -> Measurement:
    """Run one way in this process."""
    torch.set_num_threads(args.threads)
    # Of the few features that the compiling run has, the clusterer complains.
    MMLogger.get_current_instance().setLevel('ERROR')
    features = make_features(size, args.dimensions, args.decay)
    # Compiles, so that the timed run does not.
    way(features[:200])
    before = held_memory(device)
    start = time.perf_counter()
    result = way(features)
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
    seconds = time.perf_counter() - start
    mebibytes = (peak_memory(device) - before) / 2**20
    if result is None:
        return Measurement(seconds, mebibytes)
    return Measurement(seconds, mebibytes, result.seconds, result.labels, result.recall)


def held_memory(device: torch.device) -> int:
    """Bytes held before a way is timed; none on a GPU, so that its copy of the features counts."""
    if device.type == 'cuda':
        torch.cuda.reset_peak_memory_stats(device)
        return 0
    return peak_memory(device)


def measure_apart(
    way: Way, size: int, args: argparse.Namespace, device: torch.device
) -> Measurement:
    """Measure in a fresh process."""
    # Forked from a process that never holds features: each starts from the same memory. A process
    # that has looked for a GPU cannot be forked into one that works on it.
    method = 'spawn' if torch.cuda.is_available() else 'fork'
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        return pool.submit(measure, way, size, args, device).result()


def measure_size(size: int, args: argparse.Namespace) -> dict[str, Measurement]:
    """Measure all ways at one size, the dense one if it fits into memory."""
    names = ('backend', 'precision', 'threads')
    way = partial(ours, **{name: getattr(args, name) for name in names})
    device = search_device(resolve_backend(args.backend))
    above = args.approximate_above
    found = {'ours': measure_apart(partial(way, approximate_above=above), size, args, device)}
    if found['ours'].recall is not None and size <= args.exact_up_to:
        found['exact'] = measure_apart(partial(way, approximate_above=None), size, args, device)
    if found['ours'].recall is None:
        found['product'] = measure_apart(partial(product, device=device), size, args, device)
    if BYTES_PER_PAIR * size**2 <= args.dense_gib * 2**30:
        found['dense'] = measure_apart(dense, size, args, torch.device('cpu'))
    return found


def table_head() -> str:
    """Give the first two lines of the table."""
    columns = ['N', 'search', *(f'{stage} s' for stage in STAGES), 'ours s', 'ours MiB']
    columns += ['product s', 'ours / product', 'dense s', 'dense MiB', 'dense / ours']
    columns += ['after search: dense / ours', 'labels']
    return '\n'.join(f'| {" | ".join(row)} |' for row in (columns, ['---:'] * len(columns)))


def table_row(size: int, found: dict[str, Measurement]) -> str:
    """Give what was measured at one size."""
    ours, product, dense = found['ours'], found.get('product'), found.get('dense')
    search = 'exact' if ours.recall is None else f'approximate, recall {ours.recall:.3f}'
    cells = [f'{size:,}', search, *(f'{ours.stages[stage]:.2f}' for stage in STAGES)]
    cells += [f'{ours.seconds:.2f}', f'{ours.mebibytes:,.0f}']
    if product is None:
        cells += ['-'] * 2
    else:
        cells += [f'{product.seconds:.2f}', f'{ours.seconds / product.seconds:.2f}']
    if dense is None or dense.labels is None or ours.labels is None:
        cells += ['-'] * 4 + [agreement(ours, found['exact']) if 'exact' in found else '-']
    else:
        cells += [f'{dense.seconds:.1f}', f'{dense.mebibytes:,.0f}']
        cells += [f'{dense.seconds / ours.seconds:.1f}']
        cells += [f'{dense.after_search / ours.after_search:.0f}']
        cells += [compare(ours.labels, dense.labels)]
    return f'| {" | ".join(cells)} |'


def compare(labels: np.ndarray, reference: np.ndarray) -> str:
    """Say whether labels are the same, or how far they are from it."""
    if np.array_equal(labels, reference):
        return 'equal'
    return f'ARI {adjusted_rand_score(reference, labels):.4f}'


def agreement(approximate: Measurement, exact: Measurement) -> str:
    """Say how far approximate labels are from exact ones, and how long these took."""
    labels, reference = approximate.labels, exact.labels
    assert labels is not None and reference is not None
    both = (labels >= 0) & (reference >= 0)
    flipped = ((labels < 0) != (reference < 0)).mean()
    index = adjusted_rand_score(reference[both], labels[both])
    outliers = f'{100 * flipped:.1f} % of samples flipped to or from outlier'
    return f'ARI {index:.4f} where both cluster, {outliers}; exact {exact.seconds:.1f} s'


def plot(found: dict[int, dict[str, Measurement]], path: Path) -> None:
    """Draw seconds over the number of samples, both logarithmic."""
    figure, axes = plt.subplots(figsize=(6, 4), layout='constrained')
    for way, marker in (('dense', 's'), ('product', '^'), ('ours', 'o')):
        points = [(size, ways[way].seconds) for size, ways in found.items() if way in ways]
        if points:
            axes.loglog(*zip(*points, strict=True), marker=marker, label=way)
    axes.set(xlabel='samples N', ylabel='seconds', title='Clustering')
    axes.set_xticks(list(found), [f'{size:,}' for size in found])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(which='both', alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    sizes = ' '.join(map(str, SIZES))
    add('sizes', nargs='*', type=int, default=SIZES, metavar='N', help=f'(default: {sizes})')
    add('--dimensions', type=int, default=512, help='length of a feature (default: 512)')
    add('--threads', type=int, default=1, help='threads of every way (default: 1)')
    add('--backend', choices=BACKENDS, default='auto', help='of our search (default: auto)')
    add('--precision', choices=PRECISIONS, default='float32', help='(default: float32)')
    text = f'samples above which our search is approximate (default: {APPROXIMATE_ABOVE})'
    add('--approximate-above', type=int, default=APPROXIMATE_ABOVE, metavar='N', help=text)
    text = 'samples up to which exact labels are made beside approximate ones (default: 200000)'
    add('--exact-up-to', type=int, default=200_000, metavar='N', help=text)
    text = 'variance of direction i is proportional to i^-DECAY (default: 0.75)'
    add('--decay', type=float, default=0.75, help=text)
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30
    text = 'most memory for the dense way (default: 60 %% of this machine)'
    add('--dense-gib', type=float, default=0.6 * memory, help=text)
    add('--out', type=Path, help='folder for clustering.md and clustering.png')
    args = parser.parse_args(argv)
    if min(args.sizes) < 1:
        parser.error(f'sizes are numbers of samples from 1, got {min(args.sizes)}')
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Measure all sizes; the exit code is 1 if labels differ."""
    args = parse_args(argv)
    MMLogger.get_current_instance().setLevel('WARNING')
    lines = [table_head()]
    device = search_device(resolve_backend(args.backend))
    print(
        f'{device_name(device)}, torch {torch.__version__}: {args.threads} thread(s), '
        f'{args.dimensions} dimensions, backend {args.backend}, {args.precision}'
    )
    print(lines[0], flush=True)
    found = {}
    for size in args.sizes:
        found[size] = measure_size(size, args)
        lines.append(table_row(size, found[size]))
        print(lines[-1], flush=True)
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / 'clustering.md').write_text('\n'.join(lines) + '\n', encoding='utf-8')
        plot(found, args.out / 'clustering.png')
        print(f'table and plot: {args.out}')
    pairs = [
        (ways['ours'].labels, ways['dense'].labels)
        for ways in found.values()
        if 'dense' in ways and ways['ours'].recall is None
    ]
    return 0 if all(adjusted_rand_score(b, a) >= SAME for a, b in pairs) else 1


if __name__ == '__main__':
    sys.exit(main())
