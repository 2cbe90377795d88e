"""What k-reciprocal re-ranking does to the scores of a checkpoint."""

import argparse
import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from mmengine.registry import DefaultScope

import cpcl_mm  # noqa: F401  (registers the data sets)
from cpcl_mm.apis import load_run_config, tool_parser
from cpcl_mm.apis.measuring import peak_memory
from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.evaluation import RankingScores, rank_scores
from cpcl_mm.registry import DATASETS
from cpcl_mm.search import Gallery, PersonSearcher
from cpcl_mm.search.reranking import KReciprocal, Ranker

DESCRIPTION = """
Ranks all images for every caption by the cosine and with k-reciprocal re-ranking, whose settings
are those of a small grid that have the highest mAP on the validation split; the line of the test
split is what they then give on test. Time is that of a caption when all captions are searched in
one call, on top of encoding it.
"""

EXAMPLES = """
examples:
  python tools/benchmarks/reranking.py configs/itc/clip_itc_synthetic.py \\
      work_dirs/clip_itc_synthetic/best_t2i_mAP_epoch_8.pth
"""

WEIGHTS = (0.3, 0.5, 0.7)
K1S = (4, 6, 8, 12)
K2S = (1, 2, 3)


class Split(NamedTuple):
    """A split as features: the images, and captions with their identities."""

    gallery: Gallery
    captions: np.ndarray
    caption_identities: np.ndarray
    image_identities: np.ndarray


class Scored(NamedTuple):
    """What a ranker gives on a split, and how long a caption takes."""

    scores: RankingScores
    milliseconds: float


def rankers() -> dict[str, dict[str, Ranker]]:
    """All settings of the grid: rankers by name, by way."""
    return {
        'cosine': {'': Gallery.search},
        'k-reciprocal': {
            f'k1 {k1}, k2 {k2}, weight {weight}': KReciprocal(k1, k2, weight)
            for k1, k2, weight in itertools.product(K1S, K2S, WEIGHTS)
        },
    }


def load_split(searcher: PersonSearcher, dataset: ImageCaptionDataset) -> Split:
    """Encode images and captions."""
    searcher.gallery = Gallery(searcher.gallery.model)
    searcher.index(dataset)
    if len(searcher.gallery) < len(dataset.images):
        raise ValueError('scores need every image, and some could not be read: see check_images')
    texts = [caption for caption, _ in dataset.captions]
    parts = [texts[start : start + 256] for start in range(0, len(texts), 256)]
    return Split(
        searcher.gallery,
        np.concatenate([searcher.encoder.encode_texts(part) for part in parts]),
        dataset.identities[dataset.image_of_caption],
        # A copy: torch warns of arrays that cannot be written to.
        np.array(dataset.identities),
    )


def evaluate(ranker: Ranker, split: Split) -> Scored:
    """Rank everything, and score the order."""
    start = time.perf_counter()
    scores, rows = ranker(split.gallery, split.captions, len(split.gallery))
    seconds = time.perf_counter() - start
    table = np.empty_like(scores)
    np.put_along_axis(table, rows, scores, axis=1)
    # A query whose features are its scores finds image i, a unit vector, with score i.
    units = np.eye(len(split.gallery), dtype=np.float32)
    found = rank_scores(table, units, split.caption_identities, split.image_identities)
    return Scored(found, 1000 * seconds / len(scores))


def compare(val: Split, test: Split) -> Iterator[tuple[str, str, Scored, Scored]]:
    """Yield way, chosen settings, and what they give on both splits."""
    for way, choices in rankers().items():
        on_val = {name: evaluate(ranker, val) for name, ranker in choices.items()}
        best = max(on_val, key=lambda name: on_val[name].scores.mean_ap)
        yield way, best, on_val[best], evaluate(choices[best], test)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    parser.add_argument('config', help='config file, for the data sets of val and test')
    parser.add_argument('checkpoint', type=Path, help='checkpoint of a training')
    parser.add_argument('--device', help='such as cpu or cuda:1')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    args = parse_args(argv)
    cfg = load_run_config(args.config)
    searcher = PersonSearcher(args.checkpoint, device=args.device)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        datasets = [DATASETS.build(cfg[f'{split}_dataloader'].dataset) for split in ('val', 'test')]
    splits = [load_split(searcher, dataset) for dataset in datasets]
    header = ('ranking', 'settings', 'split', 'R@1', 'mAP', 'mINP', 'ms a query')
    for row in (header, ['---'] * len(header)):
        print(f'| {" | ".join(row)} |')
    for way, settings, *scored in compare(*splits):
        for split, (scores, milliseconds) in zip(('val', 'test'), scored, strict=True):
            values = (scores.recall[1], scores.mean_ap, scores.mean_inp, milliseconds)
            cells = (way, settings, split, *(f'{value:.2f}' for value in values))
            print(f'| {" | ".join(cells)} |', flush=True)
    print(f'\npeak memory of the process {peak_memory() / 2**30:.2f} GiB')
    return 0


if __name__ == '__main__':
    sys.exit(main())
