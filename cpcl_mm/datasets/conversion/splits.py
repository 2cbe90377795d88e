"""Making splits where there are none, and identities where evaluation needs some."""

import random
from collections.abc import Sequence
from dataclasses import replace

from .annotation import Annotation

TRAIN = 'train'


def make_splits(
    annotations: Sequence[Annotation], val: float = 0.0, test: float = 0.0, seed: int = 0
) -> list[Annotation]:
    """Share images out to train, val and test.

    All images of an identity come into the same split; an image of unknown identity counts as an
    identity of its own. Splits that are there already stay.

    Args:
        annotations: Images, all of them with a split or all without.
        val: Share of the identities that goes to val; at least one identity unless it is 0.
        test: The same for test. What is left is for training.
        seed: Another one shares out otherwise.

    Returns:
        The images in the same order, each with a split.

    Raises:
        ValueError: The shares leave nothing to train on, or there are splits already.
    """
    if any(annotation.split for annotation in annotations):
        if val or test:
            raise ValueError(
                f'--val {val} --test {test}: the source has splits already. Leave the options '
                'out to keep them, or pass over the splits of the source by --split-key none.'
            )
        return list(annotations)
    groups = list(dict.fromkeys(map(_group, annotations)))
    num_val = _count(len(groups), val, '--val')
    num_test = _count(len(groups), test, '--test')
    if num_val + num_test >= len(groups):
        raise ValueError(
            f'--val {val} --test {test} leave none of {len(groups)} identities (images, where '
            'identities are unknown) to train on; give smaller shares.'
        )
    random.Random(seed).shuffle(groups)
    split_of = dict.fromkeys(groups, TRAIN)
    split_of |= dict.fromkeys(groups[:num_val], 'val')
    split_of |= dict.fromkeys(groups[num_val : num_val + num_test], 'test')
    return [replace(annotation, split=split_of[_group(annotation)]) for annotation in annotations]


def number_images(annotations: Sequence[Annotation]) -> list[Annotation]:
    """Make every image that is evaluated and has no identity an identity of its own.

    A match of a caption is then the image it was written for, and no other: evaluation of
    matching images and captions instead of people. Training never reads identities, so images of
    the split ``train`` stay as they are.

    Args:
        annotations: Images with splits.

    Returns:
        The images; new identities follow the highest one that is known.
    """
    number = max(annotation.identity for annotation in annotations)
    numbered = []
    for annotation in annotations:
        if annotation.split != TRAIN and not annotation.has_identity:
            number += 1
            annotation = replace(annotation, identity=number)
        numbered.append(annotation)
    return numbered


def _group(annotation: Annotation) -> int | str:
    """Return what may not be torn apart: an identity, or an image where it is unknown."""
    return annotation.identity if annotation.has_identity else annotation.path


def _count(number: int, share: float, option: str) -> int:
    if not 0 <= share < 1:
        raise ValueError(f'{option} {share} is no share: give at least 0 and less than 1.')
    return max(1, round(share * number)) if share else 0
