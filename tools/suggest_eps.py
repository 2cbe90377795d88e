"""Suggest the eps of the clustering for a model and a data set that needs no identities."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from scipy import sparse

import cpcl_mm  # noqa: F401  (registers the parts of a config)
from cpcl_mm.apis import config_from_args, errors_in_a_sentence, parse_run_args, run_parser
from cpcl_mm.engine.bare_model import bare_model
from cpcl_mm.engine.sample_extraction import extract_samples
from cpcl_mm.kreciprocal import (
    GrowingDBSCAN,
    JaccardDBSCAN,
    jaccard_graph_parts,
    nearest_neighbors,
)
from cpcl_mm.registry import TASK_UTILS

EXAMPLES = """examples:
  python tools/suggest_eps.py configs/cpcl_synthetic.py work_dirs/cpcl_synthetic/epoch_8.pth
  python tools/suggest_eps.py CONFIG CKPT --modality image --eps 0.3 0.7 0.02 --out eps.png
  python tools/suggest_eps.py CONFIG --weights openai  # before any training

Clusters the training set, as its config does, at every eps of a range, from one search for
neighbors. agreement is the mean silhouette by the k-reciprocal Jaccard distance, -1 to 1: how much
nearer a sample is to its own cluster than to the next; outliers count as 0. It is highest where
clusters hold together and few samples are lost. No identity is looked at. Training changes the
features, and with them the answer: look again at a later checkpoint.
"""
MOST_PAIRS_A_SAMPLE = 512


class Clustering(NamedTuple):
    """What an eps gives."""

    eps: float
    clusters: int
    outliers: int
    largest: int
    agreement: float


def cluster_at(
    features: np.ndarray,
    clusterer: JaccardDBSCAN,
    epsilons: Sequence[float],
    weights: np.ndarray | None = None,
) -> list[Clustering]:
    """Cluster at every eps from one search for neighbors.

    Args:
        features (np.ndarray): (N, D) float32, rows of unit length.
        clusterer (JaccardDBSCAN): Whose other settings are taken.
        epsilons (Sequence[float]): Ascending.
        weights (np.ndarray, optional): (N,) of the samples. Defaults to None.

    Returns:
        list[Clustering]: One for each eps.

    Raises:
        ValueError: If too many pairs lie within the largest eps.
    """
    k1, k2, total = clusterer.k1, clusterer.k2, len(features)
    threads = torch.get_num_threads()
    neighbors = nearest_neighbors(features, clusterer.columns, threads)
    unit = torch.from_numpy(features).to(neighbors.device)
    clusters = {eps: GrowingDBSCAN(total, clusterer.min_samples, weights) for eps in epsilons}
    near = sparse.csr_matrix((total, total), dtype=np.float32)
    for part in jaccard_graph_parts(unit, neighbors, k1, k2, epsilons[-1], threads):
        for eps, growing in clusters.items():
            growing.add(part.within(eps))
        pairs = (1 - part.distances, (part.rows, part.columns))
        near += sparse.csr_matrix(pairs, shape=near.shape)
        if near.nnz > MOST_PAIRS_A_SAMPLE * total:
            raise ValueError(
                f'more than {MOST_PAIRS_A_SAMPLE} pairs a sample lie within eps {epsilons[-1]:g}: '
                'the features may have collapsed; else end the range of --eps earlier'
            )
    near += near.T
    return [describe(eps, growing.labels(), near) for eps, growing in clusters.items()]


def describe(eps: float, labels: np.ndarray, near: sparse.csr_matrix) -> Clustering:
    """Count clusters and outliers, and take the mean silhouette with 0 for outliers.

    Args:
        eps (float): Of the clustering.
        labels (np.ndarray): (N,), -1 for outliers.
        near (sparse.csr_matrix): (N, N), 1 minus the distance of the pairs that are near.

    Returns:
        Clustering: The figures.
    """
    members = np.flatnonzero(labels >= 0)
    outliers = len(labels) - len(members)
    if len(members) == 0:
        return Clustering(eps, 0, outliers, 0, 0.0)
    found = labels[members]
    sizes = np.bincount(found)
    places = (np.arange(len(members)), found)
    one_hot = sparse.csr_matrix((np.ones(len(members)), places))
    sums = near[members][:, members] @ one_hot
    own_sums = sums.multiply(one_hot).tocsr()
    # A sample is not among its own neighbors; alone in a cluster, it counts as 0, too.
    others = sizes[found] - 1
    own = np.asarray(own_sums.sum(axis=1)).ravel() / np.maximum(others, 1)
    means = (sums - own_sums) @ sparse.diags(1 / sizes)
    next_best = means.max(axis=1).toarray().ravel()
    farther = np.maximum(1 - own, 1 - next_best).clip(1e-9)
    silhouettes = (own - next_best) / farther * (others > 0)
    agreement = float(silhouettes.sum()) / len(labels)
    return Clustering(eps, len(sizes), outliers, int(sizes.max()), agreement)


def best_of(found: Sequence[Clustering]) -> Clustering:
    """Give the clustering of the highest agreement; of equal ones that of the smallest eps."""
    return max(found, key=lambda one: one.agreement)


def suggest(found: Sequence[Clustering], total: int) -> str:
    """Name an eps, with the reason."""
    best = best_of(found)
    if best.clusters == 0:
        return 'no eps of this range makes a cluster: the features say too little, or it ends early'
    text = (
        f'suggested eps: {best.eps:g}, for the highest agreement, {best.agreement:.3f}, with '
        f'{best.clusters} clusters and {100 * best.outliers / total:.0f} % outliers'
    )
    if best.eps in (found[0].eps, found[-1].eps):
        text += ' (the end of the range: try a wider one by --eps)'
    return text


def draw(found: dict[str, list[Clustering]], path: Path) -> None:
    """Draw all figures over eps, a curve for each modality."""
    figure, axes = plt.subplots(2, 2, figsize=(9, 6), layout='constrained', sharex=True)
    titles = ('clusters', 'outliers', 'samples in the largest cluster', 'agreement')
    for number, (panel, title) in enumerate(zip(axes.flat, titles, strict=True), start=1):
        for modality, curve in found.items():
            points = [(one.eps, one[number]) for one in curve]
            (line,) = panel.plot(*zip(*points, strict=True), marker='.', label=modality)
            panel.axvline(best_of(curve).eps, color=line.get_color(), alpha=0.4)
        panel.set(title=title)
        panel.grid(alpha=0.3)
    for panel in axes[1]:
        panel.set_xlabel('eps')
    axes[0, 0].legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def clusterer_of(cfg: Config, modality: str) -> tuple[JaccardDBSCAN, bool]:
    """Give the clusterer of a modality, by default a JaccardDBSCAN, and whether images weigh."""
    hook = (cfg.get('default_hooks') or {}).get('pseudo_labels') or {}
    labeller = hook.get('labeller') or {}
    clusterer = TASK_UTILS.build(labeller.get(modality) or dict(type='JaccardDBSCAN'))
    if not isinstance(clusterer, JaccardDBSCAN):
        raise ValueError(
            f'the {modality} labels of {cfg.filename} are not made by JaccardDBSCAN, and '
            f'{type(clusterer).__name__} has no eps'
        )
    return clusterer, modality == 'image' and labeller.get('weigh_images', False)


def suggest_for_run(args: argparse.Namespace) -> None:
    """Encode, cluster, print and draw."""
    start, stop, step = args.eps
    if not 0 < start < stop < 1 or step <= 0:
        raise ValueError(f'--eps {start:g} {stop:g} {step:g}: give 0 < START < STOP < 1, STEP > 0')
    epsilons = [float(eps) for eps in np.arange(start, stop + step / 2, step).round(6) if eps < 1]
    modalities = ['image', 'text'] if args.modality == 'both' else [args.modality]
    cfg = config_from_args(args)
    clusterers = {modality: clusterer_of(cfg, modality) for modality in modalities}
    if args.checkpoint and not Path(args.checkpoint).is_file():
        raise FileNotFoundError(f'no checkpoint file {args.checkpoint!r}')
    cfg.load_from, cfg.resume = args.checkpoint, False
    runner = Runner.from_cfg(cfg)
    if args.checkpoint is None:
        model = bare_model(runner)
        model.init_weights()
    runner.load_or_resume()
    samples = extract_samples(runner, modalities)
    found = {}
    for modality, (clusterer, weighed) in clusterers.items():
        features = samples.features[modality]
        weights = samples.captions_of_image if weighed else None
        found[modality] = cluster_at(features, clusterer, epsilons, weights)
        print(
            f'\n{modality}: {len(features)} samples, k1 {clusterer.k1}, k2 {clusterer.k2}, '
            f'min_samples {clusterer.min_samples}; the config has eps {clusterer.eps:g}'
        )
        print('   eps  clusters  outliers  largest  agreement')
        for one in found[modality]:
            print('{:6.2f} {:9,d} {:9,d} {:8,d} {:10.3f}'.format(*one))
        print(suggest(found[modality], len(features)))
    out = args.out or Path(cfg.work_dir) / 'eps.png'
    out.parent.mkdir(parents=True, exist_ok=True)
    draw(found, out)
    print(f'\n{out}')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = run_parser(__doc__, EXAMPLES)
    parser.add_argument('checkpoint', nargs='?', help='checkpoint file; none with --weights')
    parser.add_argument('--modality', choices=['image', 'text', 'both'], default='both')
    parser.add_argument(
        '--eps',
        nargs=3,
        type=float,
        default=(0.2, 0.8, 0.05),
        metavar=('START', 'STOP', 'STEP'),
        help='range of eps (default: 0.2 0.8 0.05)',
    )
    parser.add_argument('--out', type=Path, help='the plot, a PNG (default: WORK_DIR/eps.png)')
    args = parse_run_args(parser)
    if (args.checkpoint is None) == (args.weights is None):
        parser.error('give either a checkpoint or pretrained --weights')
    return args


def main() -> None:
    """Suggest."""
    args = parse_args()
    with errors_in_a_sentence():
        suggest_for_run(args)


if __name__ == '__main__':
    main()
