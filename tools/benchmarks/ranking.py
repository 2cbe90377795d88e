"""Time and memory of the ranking scores, beside a bare product and a full argsort."""

import argparse
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from cpcl_mm.apis import tool_parser
from cpcl_mm.apis.measuring import in_own_process, peak_memory
from cpcl_mm.evaluation import rank_scores

KS = (1, 5, 10)
CHUNK = 512
PER_PERSON = 20
# Beside identities of deviation 1: an R@1 of about 80 % and an mAP of about 30 % at full size.
NOISE = 2.7

DESCRIPTION = f"""
Ranks a gallery by every query, on random features of identities of about {PER_PERSON} images each,
and prints seconds and the peak memory beyond the features of

  ours      cpcl_mm.evaluation.rank_scores
  product   the matrix product alone, in blocks, as a lower bound
  argsort   the widely copied way: the whole matrix, its argsort, cumulative sums over all of it

Each is measured in a process of its own. The argsort runs at --reference-size, for its memory.
"""
EXAMPLES = """
examples:
  the sizes that the README reports (needs about 6 GiB for the argsort):
    python tools/benchmarks/ranking.py
  a quick look:
    python tools/benchmarks/ranking.py --size 5000 --reference-size 2000
"""


class Measurement(NamedTuple):
    """Seconds, mebibytes beyond the features, and scores in per cent, which the product lacks."""

    seconds: float
    mebibytes: float
    scores: dict[str, float]


def make_features(size: int, dimensions: int) -> tuple[Tensor, Tensor, Tensor]:
    """Draw unit features of queries and gallery, (size, dimensions), and identities of both."""
    generator = torch.Generator().manual_seed(0)
    num_people = -(-size // PER_PERSON)
    identities = torch.randint(num_people, (size,), generator=generator)
    people = torch.randn(num_people, dimensions, generator=generator)
    queries, gallery = torch.empty(size, dimensions), torch.empty(size, dimensions)
    # In chunks: whole temporaries would raise the peak that memory is measured from.
    for start in range(0, size, CHUNK):
        here = slice(start, start + CHUNK)
        person = people[identities[here]]
        for features in (queries, gallery):
            seen = person + NOISE * torch.randn(person.shape, generator=generator)
            features[here] = torch.nn.functional.normalize(seen, dim=1)
    return queries, gallery, identities


def ours(queries: Tensor, gallery: Tensor, identities: Tensor) -> dict[str, float]:
    """Scores of this package."""
    return rank_scores(queries, gallery, identities, identities, ks=KS).as_dict()


def product(queries: Tensor, gallery: Tensor, identities: Tensor) -> dict[str, float]:
    """Give the product alone, in blocks of queries."""
    buffer = torch.empty(CHUNK, len(gallery))
    for block in queries.split(CHUNK):
        torch.mm(block, gallery.T, out=buffer[: len(block)])
    return {}


def argsort(queries: Tensor, gallery: Tensor, identities: Tensor) -> dict[str, float]:
    """Scores by sorting the whole matrix of similarities."""
    order = torch.argsort(queries @ gallery.T, dim=1, descending=True)
    hits = identities[order] == identities[:, None]
    found = hits.cumsum(dim=1)
    ranks = torch.arange(1, len(gallery) + 1)
    num_matches = found[:, -1]
    precision = (found / ranks * hits).sum(dim=1) / num_matches
    last = (hits * ranks).amax(dim=1)
    recall = {f'R@{k}': 100 * hits[:, :k].any(dim=1).double().mean().item() for k in KS}
    mean_inp = 100 * (num_matches / last).double().mean().item()
    return {**recall, 'mAP': 100 * precision.double().mean().item(), 'mINP': mean_inp}


def measure(way: Callable, size: int, dimensions: int, threads: int, repeats: int) -> Measurement:
    """Run one way of ranking in this process; time is the best of some repeats."""
    torch.set_num_threads(threads)
    features = make_features(size, dimensions)
    before = peak_memory()
    # Compiles, so that the timed runs do not.
    way(*(array[:50] for array in features))
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        scores = way(*features)
        seconds.append(time.perf_counter() - start)
    return Measurement(min(seconds), (peak_memory() - before) / 2**20, scores)


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add('--size', type=int, default=19_848, help='queries, and gallery items (default: 19,848)')
    add('--reference-size', type=int, default=10_000, help='for the argsort (default: 10,000)')
    add('--dimensions', type=int, default=512, help='length of a feature (default: 512)')
    add('--threads', type=int, default=1, help='threads of every way (default: 1)')
    add('--repeats', type=int, default=2, help='runs, of which the best counts (default: 2)')
    return parser.parse_args()


def main() -> int:
    """Measure all ways; the exit code is 1 if the scores differ."""
    args = parse_args()

    def show(way: Callable, size: int) -> Measurement:
        settings = (args.dimensions, args.threads, args.repeats)
        result = in_own_process(measure, way, size, *settings)
        scores = '  '.join(f'{name} {value:.2f}' for name, value in result.scores.items())
        line = f'{way.__name__:8} {size:7,d} x {size:<7,d} {result.seconds:8.2f} s '
        print(f'{line}{result.mebibytes:8,.0f} MiB  {scores}'.rstrip(), flush=True)
        return result

    print(f'{args.threads} thread(s), {args.dimensions} dimensions, best of {args.repeats} runs')
    bare, full = show(product, args.size), show(ours, args.size)
    print(f'ours takes {full.seconds / bare.seconds:.2f} of the time of the product')
    fast, slow = show(ours, args.reference_size), show(argsort, args.reference_size)
    difference = max(abs(fast.scores[name] - slow.scores[name]) for name in slow.scores)
    print(f'ours is {slow.seconds / fast.seconds:.1f} times as fast as the full argsort')
    # Single precision and the order of sums move an average precision by about 1e-6 of itself.
    equal = difference < 1e-3
    print(f'scores {"are equal" if equal else "DIFFER"}: at most {difference:.1e} points apart')
    return 0 if equal else 1


if __name__ == '__main__':
    sys.exit(main())
