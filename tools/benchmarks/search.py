"""Speed of indexing and of searching: images a second, time of a query, recall, memory."""

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import faiss
import numpy as np
import torch

from cpcl_mm.apis import tool_parser
from cpcl_mm.apis.measuring import in_own_process, peak_memory
from cpcl_mm.search import find_images
from cpcl_mm.search.indexing import encode_files
from cpcl_mm.search.loading import load_encoder
from cpcl_mm.search.vector_index import KINDS, IndexSettings, build_search

TOPK = 10
PER_PERSON = 20
# Of an image, beside persons of deviation 1; queries have the same.
NOISE = 1.0
ROWS_AT_ONCE = 4096

DESCRIPTION = f"""
Searches random vectors, persons of about {PER_PERSON} images each, one query after the other, and
prints for each kind of index and size of gallery

  build     seconds until the first query can be answered, features given
  p50, p95  milliseconds of a query for the best {TOPK}, median and 95th percentile
  / plain   p50 over that of a matrix product and its top {TOPK} in torch, of the same queries
  recall    share of the best {TOPK} of the exact search that are found
  memory    peak beyond the features

each in a process of its own. With --checkpoint and --images it measures indexing instead: decoding
alone, the model alone, and both at once as the indexing does it.
"""
EXAMPLES = """
examples:
  the sizes that the README reports (a million vectors take 2 GiB, and as much again for ivf):
    python tools/benchmarks/search.py --kinds exact ivf
  a graph of neighbors takes long to build:
    python tools/benchmarks/search.py --kinds hnsw --sizes 10000
  indexing:
    python tools/benchmarks/search.py --checkpoint CHECKPOINT --images data/SyntheticPedes/imgs
"""


class Measurement(NamedTuple):
    """What was measured of one index: seconds, milliseconds, ratio, share, mebibytes."""

    build: float
    p50: float
    p95: float
    ratio: float
    recall: float
    memory: float


def make_features(size: int, queries: int, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """Give unit vectors of a gallery and of queries; the same every time."""
    generator = torch.Generator().manual_seed(0)
    persons = max(1, size // PER_PERSON)
    centers = torch.randn(persons, dimensions, generator=generator)

    def some(number: int) -> np.ndarray:
        rows = torch.empty(number, dimensions)
        for part in rows.split(ROWS_AT_ONCE):
            person = torch.randint(persons, (len(part),), generator=generator)
            part.normal_(std=NOISE, generator=generator).add_(centers[person])
            part.div_(part.norm(dim=1, keepdim=True))
        return rows.numpy()

    return some(size), some(queries)


def measure_index(kind: str, size: int, args: argparse.Namespace) -> Measurement:
    """Build an index and search it, in this process."""
    torch.set_num_threads(args.threads)
    faiss.omp_set_num_threads(args.threads)
    features, queries = make_features(size, args.queries, args.dimensions)
    before, start = peak_memory(), time.perf_counter()
    search = build_search(features, IndexSettings(kind, args.effort))
    build = time.perf_counter() - start
    found, times = search_one_by_one(lambda query: search(query, TOPK)[1][0], queries)
    memory = (peak_memory() - before) / 2**20
    matrix = torch.from_numpy(features)
    expected, plain = search_one_by_one(
        lambda query: (torch.from_numpy(query) @ matrix.T).topk(TOPK)[1][0].numpy(), queries
    )
    hits = [np.isin(a, b).mean() for a, b in zip(found, expected, strict=True)]
    p50, p95 = np.percentile(times, (50, 95))
    return Measurement(build, p50, p95, p50 / np.median(plain), float(np.mean(hits)), memory)


def search_one_by_one(
    search: Callable[[np.ndarray], np.ndarray], queries: np.ndarray
) -> tuple[list[np.ndarray], np.ndarray]:
    """Give what each query finds, and the milliseconds that it takes."""
    search(queries[:1])
    found, times = [], [time.perf_counter()]
    for row in range(len(queries)):
        found.append(search(queries[row : row + 1]))
        times.append(time.perf_counter())
    return found, 1000 * np.diff(times)


def measure_indexing(args: argparse.Namespace) -> None:
    """Print images a second of decoding, of the model, and of both at once."""
    torch.set_num_threads(args.threads)
    encoder = load_encoder(args.checkpoint, device=args.device)
    images = find_images(args.images).images[: args.max_images]
    encoder.encode_images([encoder.prepare_image(image) for image in images[:64]])

    times = [time.perf_counter()]
    prepared = [encoder.prepare_image(image) for image in images]
    times.append(time.perf_counter())
    for first in range(0, len(prepared), args.batch_size):
        encoder.encode_images(prepared[first : first + args.batch_size])
    times.append(time.perf_counter())
    for _ in encode_files(images, encoder, args.batch_size, args.decode_threads):
        pass
    times.append(time.perf_counter())
    whole = f'indexing, {args.decode_threads} decoding thread(s)'
    for name, seconds in zip(('decoding, one thread', 'model', whole), np.diff(times), strict=True):
        print(f'{name:32} {len(images) / seconds:10,.1f} images/s')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add('--sizes', type=int, nargs='+', default=[10_000, 1_000_000], help='vectors in the gallery')
    add('--kinds', nargs='+', choices=KINDS, default=list(KINDS), help='kinds of index')
    add('--effort', type=int, help='of approximate kinds (default: their own)')
    add('--queries', type=int, default=200, help='queries (default: 200)')
    add('--dimensions', type=int, default=512, help='length of a vector (default: 512)')
    add('--threads', type=int, default=1, help='threads of torch and faiss (default: 1)')
    add('--checkpoint', help='measure indexing with this model')
    add('--images', nargs='+', help='folders and image files to index')
    add('--max-images', type=int, default=2000, help='images to index, at most (default: 2000)')
    add('--batch-size', type=int, default=64, help='images a batch (default: 64)')
    add('--decode-threads', type=int, default=1, help='threads that decode (default: 1)')
    add('--device', help='of the model, such as cpu or cuda:1')
    args = parser.parse_args()
    if bool(args.checkpoint) != bool(args.images):
        parser.error('--checkpoint and --images go together: they measure indexing')
    return args


def main() -> None:
    """Measure and print."""
    args = parse_args()
    if args.checkpoint:
        return measure_indexing(args)
    print(f'{args.threads} thread(s), {args.dimensions} dimensions, {args.queries} queries\n')
    print('| vectors | index | build | p50 | p95 | / plain | recall | memory |')
    print('|---|---|---|---|---|---|---|---|')
    for size in args.sizes:
        for kind in args.kinds:
            found = in_own_process(measure_index, kind, size, args)
            print(
                f'| {size:,} | `{kind}` | {found.build:.1f} s | {found.p50:.2f} ms | '
                f'{found.p95:.2f} ms | {found.ratio:.2f} | {100 * found.recall:.1f} % | '
                f'{found.memory:,.0f} MiB |',
                flush=True,
            )
    return None


if __name__ == '__main__':
    main()
