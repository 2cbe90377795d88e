"""Time and memory of everything but the model, on a data set of CUHK-PEDES's size."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np
import psutil
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from person_features import person_features
from PIL import Image
from tqdm import tqdm

import cpcl_mm  # noqa: F401  (registers what configs name)
from cpcl_mm.apis import load_run_config, tool_parser
from cpcl_mm.datasets import CUHKPEDES, ImageCaptionDataset
from cpcl_mm.kreciprocal import normalize
from cpcl_mm.pseudo_labels import Labeller, Samples, cluster_centroids, report_labels
from cpcl_mm.registry import DATASETS, METRICS, TASK_UTILS

COLORS = ('red', 'green', 'blue', 'white', 'black', 'grey', 'purple', 'orange', 'yellow', 'pink')
CAPTION = 'A person in a {} jacket and {} trousers with {} shoes and a {} bag over the shoulder .'
DESCRIPTION = f"""{__doc__}

Draws small images and writes captions in the schema of CUHK-PEDES, with its 34,054 training and
3,074 test images and 68,126 and 6,156 captions, and goes through one epoch of the config with them:
reading the annotation file, a pass of the training data loader, the passes of both extractions,
clustering of both modalities, outlier mining, centroids and quality, and the evaluation. All parts
are those of the config. What the model would give, features of 512 numbers, is made up: look-alike
people, wide spreads and outliers, as a trained model has them.

The pairs are loaded twice: a batch as one tensor for each input, as configs have it, and as one for
each item, as mmengine's pseudo_collate leaves it. "main thread" is its own time on a CPU, which
other work on the machine adds little to: while it takes a batch, no step runs.

Memory, on Linux: what is resident of this process and of its largest worker, and of all together,
where what processes share is divided among them. The exit code is 1 if all together exceed
--limit-gib. Needs psutil: pip install -e ".[benchmarks]"
"""
EXAMPLES = """examples:
  python tools/benchmarks/scale_rehearsal.py
  python tools/benchmarks/scale_rehearsal.py --scale 0.02 --workers 1    # a quick look
"""


class MemoryWatch(Thread):
    """Looks ten times a second at the memory of this process and its children, in bytes.

    Peaks that are over in between are missed.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.own = self.child = self.together = 0
        self.stopped = Event()

    def run(self) -> None:
        """Look until it is stopped, and once more."""
        stop = False
        while not stop:
            stop = self.stopped.wait(0.1)
            this = psutil.Process()
            sizes = {}
            for process in (this, *this.children()):
                # A worker may have ended by now.
                with suppress(psutil.Error):
                    sizes[process] = process.memory_full_info()
            self.own = max(self.own, sizes[this].rss)
            self.child = max(self.child, *(sizes[p].rss for p in sizes if p != this), 0)
            self.together = max(self.together, sum(size.pss for size in sizes.values()))


class Stages:
    """Prints what each stage took, and keeps the largest memory of all."""

    def __init__(self) -> None:
        self.peak = 0
        columns = f'{"seconds":>9}{"main thread":>13}{"MiB: this":>12}{"worker":>9}{"together":>10}'
        print(f'{"":36}{columns}', flush=True)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Measure a stage."""
        watch, start, own_start = MemoryWatch(), time.perf_counter(), time.thread_time()
        watch.start()
        try:
            yield
        finally:
            watch.stopped.set()
            watch.join()
        seconds, main_thread = time.perf_counter() - start, time.thread_time() - own_start
        self.peak = max(self.peak, watch.together)
        own, child, together = (size / 2**20 for size in (watch.own, watch.child, watch.together))
        times = f'{seconds:9.1f}{main_thread:13.1f}'
        print(f'{name:36}{times}{own:12,.0f}{child:9,.0f}{together:10,.0f}', flush=True)


def make_data_set(root: Path, scale: float, image_size: tuple[int, int]) -> None:
    """Write a data set in the schema of CUHK-PEDES, and as large."""
    rng = np.random.default_rng(0)
    records: list[dict[str, Any]] = []
    first_identity = 1
    for split in ('train', 'test'):
        counts = CUHKPEDES.published[split]
        identities, images, captions = (
            round(scale * number) for number in (counts.identities, counts.images, counts.captions)
        )
        (root / 'imgs' / split).mkdir(parents=True, exist_ok=True)
        for number in tqdm(range(images), f'images of {split}', leave=False, disable=None):
            path = f'{split}/{number:05d}.jpg'
            pixels = rng.integers(0, 256, (*image_size, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / 'imgs' / path)
            # As even as it can be: an image has two captions, a few have three.
            own = range(captions // images + (number < captions % images))
            texts = [CAPTION.format(*rng.choice(COLORS, 4)) for _ in own]
            tokens = [text.lower().split() for text in texts]
            record: dict[str, Any] = dict(split=split, captions=texts, file_path=path)
            identity = first_identity + number * identities // images
            records.append(record | dict(processed_tokens=tokens, id=identity))
        first_identity += identities
    (root / CUHKPEDES.ann_files[0]).write_text(json.dumps(records), encoding='utf-8')


def pass_through(loader_config: dict[str, Any], dataset: ImageCaptionDataset, name: str) -> None:
    """Load every batch of a data set once."""
    loader = Runner.build_dataloader({**loader_config, 'dataset': dataset}, seed=0)
    for _ in tqdm(loader, name, leave=False, disable=None):
        pass


def label(labeller: Labeller, dataset: ImageCaptionDataset, dims: int, stages: Stages) -> str:
    """Label made-up features as the hook does, and describe the labels."""
    people = np.unique(dataset.identities, return_inverse=True)[1]
    with stages('make up features'):
        image = normalize(person_features(people, dims))
        text = normalize(person_features(people[dataset.image_of_caption], dims, item_seed=1))
        features = {'image': image, 'text': text}
    samples = Samples(features, dataset.image_of_caption, dataset.identity_labels)
    with stages(f'label {len(image):,} images and {len(text):,} captions'):
        labels = labeller(samples)
    with stages('centroids, report'):
        for modality in features:
            cluster_centroids(features[modality], labels.of[modality])
        return str(report_labels(1, labels, samples, {}))


def evaluate(cfg: Config, dataset: ImageCaptionDataset, dims: int) -> dict[str, float]:
    """Load the test split, give every item a feature, and score."""
    people = np.unique(dataset.identities, return_inverse=True)[1]
    everything = np.concatenate([people, people[dataset.image_of_caption]])
    features = torch.from_numpy(person_features(everything, dims))
    metric = METRICS.build(cfg.test_evaluator)
    loader = Runner.build_dataloader({**cfg.test_dataloader, 'dataset': dataset}, seed=0)
    for batch in tqdm(loader, 'evaluation', leave=False, disable=None):
        samples = [sample.to_dict() for sample in batch['data_samples']]
        for sample in samples:
            sample['feature'] = features[sample['sample_idx']]
        metric.process(batch, samples)
    return metric.evaluate(len(dataset))


def rehearse(args: argparse.Namespace, root: Path) -> int:
    """Go through all stages; return the peak memory of all processes in bytes."""
    stages = Stages()
    with stages('make the data set'):
        make_data_set(root, args.scale, tuple(args.image_size))
    cfg = load_run_config(args.config, data_root=str(root))
    for loader in (cfg.train_dataloader, cfg.test_dataloader):
        loader.num_workers = args.workers
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        with stages('read annotations, check images'):
            train = DATASETS.build(cfg.train_dataloader.dataset)
            test = DATASETS.build(cfg.test_dataloader.dataset)
        item_by_item = {**cfg.train_dataloader, 'collate_fn': dict(type='pseudo_collate')}
        for how, loader in (('', cfg.train_dataloader), (', item by item', item_by_item)):
            with stages(f'load {len(train):,} pairs{how}'):
                pass_through(loader, train, 'pairs')
        settings = cfg.default_hooks.pseudo_labels
        for view in ('images', 'captions'):
            items = train.with_view(view, cfg.test_dataloader.dataset.pipeline)
            with stages(f'load {len(items):,} {view}'):
                pass_through(cfg.test_dataloader, items, view)
        labels = label(TASK_UTILS.build(settings.labeller), train, args.dims, stages)
        with stages(f'evaluate {len(test):,} items'):
            scores = evaluate(cfg, test, args.dims)
    print(labels)
    print('  '.join(f'{name} {value:.1f}' for name, value in scores.items()))
    return stages.peak


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add('--config', default='configs/cpcl_cuhk.py', help='(default: %(default)s)')
    add('--scale', type=float, default=1.0, help='share of the size of CUHK-PEDES (default: 1)')
    add('--workers', type=int, default=2, help='workers of every data loader (default: 2)')
    add('--dims', type=int, default=512, help='length of a feature (default: 512)')
    add('--image-size', type=int, nargs=2, default=(32, 16), help='of the files (default: 32 16)')
    add('--root', type=Path, help='folder to make the data set in, and to keep it')
    add('--limit-gib', type=float, default=6.0, help='memory allowed in all (default: 6)')
    args = parser.parse_args()
    if not 0 < args.scale <= 1:
        parser.error(f'--scale {args.scale}: the share must lie above 0 and at most at 1')
    return args


def main() -> int:
    """Rehearse; the exit code is 1 if the memory exceeds the limit."""
    args = parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = args.root or Path(folder)
        root.mkdir(parents=True, exist_ok=True)
        peak = rehearse(args, root) / 2**30
    within = peak <= args.limit_gib
    verdict = 'within' if within else 'MORE THAN'
    print(f'peak of all processes {peak:.2f} GiB, {verdict} the limit of {args.limit_gib:g} GiB')
    return 0 if within else 1


if __name__ == '__main__':
    if exit_code := main():
        sys.exit(exit_code)
