"""Identities and splits that the paths of images tell."""

import re
from collections.abc import Sequence
from dataclasses import replace

from cpcl_mm.datasets.identities import number_names, read_identity
from cpcl_mm.datasets.split_names import common_names

from .annotation import Annotation


def identities_from_paths(annotations: Sequence[Annotation], pattern: str) -> list[Annotation]:
    r"""Read identities from the names or folders of images.

    Args:
        annotations: Images of unknown identity.
        pattern: Regular expression with one group, the identity, that is looked for anywhere in
            a path relative to the image folder. If all identities are whole numbers, they are
            taken as they are, and otherwise numbered from 0 in the order of the alphabet.

    Returns:
        The images with identities.

    Raises:
        ValueError: The pattern is no regular expression with one group, it is not in a path, or
            identities are known already.

    Examples:
        >>> images = [Annotation('0007_c1.jpg', ('a man',)), Annotation('0012_c3.jpg', ('a girl',))]
        >>> [image.identity for image in identities_from_paths(images, r'^(\d+)_')]
        [7, 12]
    """
    if any(annotation.has_identity for annotation in annotations):
        raise ValueError(
            f'--id-pattern {pattern!r}: the source has identities already; leave the option out.'
        )
    names = _groups(annotations, pattern, '--id-pattern')
    identities: list[int | str] = [*names]
    if all(name.isdecimal() for name in names):
        identities = [read_identity(name) for name in names]
    people = number_names(identities)
    return [
        replace(annotation, identity=people[name] if isinstance(name, str) else name)
        for annotation, name in zip(annotations, identities, strict=True)
    ]


def splits_from_paths(annotations: Sequence[Annotation], pattern: str) -> list[Annotation]:
    """Read splits from the names or folders of images.

    Args:
        annotations: Images without splits.
        pattern: Regular expression with one group, the split, that is looked for anywhere in a
            path relative to the image folder.

    Returns:
        The images with splits.

    Raises:
        ValueError: The pattern is no regular expression with one group, it is not in a path, or
            there are splits already.

    Examples:
        >>> images = [Annotation('train/1.jpg', ('a man',)), Annotation('val/2.jpg', ('a girl',))]
        >>> [image.split for image in splits_from_paths(images, '^(train|val|test)/')]
        ['train', 'val']
    """
    if any(annotation.split for annotation in annotations):
        raise ValueError(
            f'--split-pattern {pattern!r}: the source has splits already; leave the option out.'
        )
    names = _groups(annotations, pattern, '--split-pattern')
    renamed = common_names(names)
    return [
        replace(annotation, split=renamed[name])
        for annotation, name in zip(annotations, names, strict=True)
    ]


def _groups(annotations: Sequence[Annotation], pattern: str, option: str) -> list[str]:
    """Return what the group of a pattern matches in each path."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f'{option} {pattern!r} is no regular expression: {error}.') from error
    if compiled.groups != 1:
        raise ValueError(
            f'{option} {pattern!r} has {compiled.groups} groups in parentheses, expected one; '
            'further ones are written (?:...).'
        )
    matches = [compiled.search(annotation.path) for annotation in annotations]
    for annotation, match in zip(annotations, matches, strict=True):
        if match is None or not match[1]:
            raise ValueError(
                f'{option} {pattern!r} finds nothing in the path {annotation.path!r}; it has to '
                'in every one.'
            )
    return [match[1] for match in matches if match]
