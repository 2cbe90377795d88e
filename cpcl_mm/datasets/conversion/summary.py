"""What a person should know about converted annotations: how many there are, and what lacks."""

from collections.abc import Sequence

from .annotation import Annotation
from .splits import TRAIN

ORDER = (TRAIN, 'val', 'test')


def count_splits(annotations: Sequence[Annotation]) -> list[str]:
    """Count identities, images and captions of every split, a line each.

    Examples:
        >>> count_splits([Annotation('a.jpg', ('a man', 'he walks'), identity=3, split='train')])
        ['train: 1 identities, 1 images, 2 captions']
    """
    return [_count(name, images) for name, images in _by_split(annotations).items()]


def find_gaps(annotations: Sequence[Annotation], had_splits: bool = False) -> list[str]:
    """Say what training and evaluation will miss, a sentence or two each.

    Args:
        annotations: Images with splits.
        had_splits: Whether the source had splits, which ``--val`` and ``--test`` do not change.

    Returns:
        Warnings: splits that are not there, identities that evaluation needs, identities that
        are in several splits.
    """
    splits = _by_split(annotations)
    gaps = []
    if missing := [name for name in ORDER if name not in splits]:
        remedy = '--val 0.1 --test 0.1 makes them.'
        if had_splits:
            remedy = (
                f'the splits here are {", ".join(splits)}. Set split=... of the data sets in the '
                'config to these, or share out anew: --split-key none --val 0.1 --test 0.1.'
            )
        gaps.append(
            f'there is no split {" or ".join(missing)}. Training needs train, validation val, and '
            f'the final score test; {remedy}'
        )
    for name, images in splits.items():
        unknown = sum(not image.has_identity for image in images)
        if unknown and name != TRAIN:
            gaps.append(
                f'{unknown} of the {len(images)} images of {name} have no identity, and evaluation '
                'needs it. --id-pattern reads identities from the paths; --image-is-identity makes '
                'every image its own, so that a caption has to find the image it was written for.'
            )
    return gaps + _shared_identities(splits)


def _by_split(annotations: Sequence[Annotation]) -> dict[str, list[Annotation]]:
    splits: dict[str, list[Annotation]] = {}
    for annotation in annotations:
        splits.setdefault(annotation.split, []).append(annotation)
    names = [name for name in ORDER if name in splits] + sorted(splits.keys() - set(ORDER))
    return {name: splits[name] for name in names}


def _count(name: str, images: Sequence[Annotation]) -> str:
    identities = {image.identity for image in images if image.has_identity}
    unknown = sum(not image.has_identity for image in images)
    return (
        f'{name}: {len(identities)} identities, {len(images)} images, '
        f'{sum(len(image.captions) for image in images)} captions'
        + f' ({unknown} images of unknown identity)'
        * bool(unknown)
    )


def _shared_identities(splits: dict[str, list[Annotation]]) -> list[str]:
    homes: dict[int, set[str]] = {}
    for name, images in splits.items():
        for image in images:
            if image.has_identity:
                homes.setdefault(image.identity, set()).add(name)
    shared = [identity for identity, names in homes.items() if len(names) > 1]
    if not shared:
        return []
    return [
        f'{len(shared)} identities are in several splits, identity {shared[0]} in '
        f'{" and ".join(sorted(homes[shared[0]]))}: scores will be too good. Splits made by --val '
        'and --test keep them apart.'
    ]
