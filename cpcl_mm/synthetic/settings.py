"""Every knob of the built-in data set and of the catalog, with its check."""

from dataclasses import Field, dataclass, field, fields
from typing import Any

SPLITS = ('train', 'val', 'test')

FORMAT_VERSION = 1
"""Raised whenever the same settings would draw other pictures or write other captions."""


def _count(default: int, minimum: int, text: str, maximum: int | None = None) -> Any:
    """Give a whole-number field of at least ``minimum``."""
    return field(default=default, metadata=dict(help=text, minimum=minimum, maximum=maximum))


def _share(default: float, text: str) -> Any:
    """Give a field between 0 and 1."""
    return field(default=default, metadata=dict(help=text, minimum=0.0, maximum=1.0))


@dataclass(frozen=True)
class DrawnSettings:
    """What a drawn data set is made from: a base of dataclasses of numbers that check themselves.

    Raises:
        TypeError: A value is not a number of the field's type.
        ValueError: A value lies outside the field's range.
    """

    def __post_init__(self) -> None:
        for knob in fields(self):
            _check(knob, getattr(self, knob.name))

    def counts(self) -> dict[str, dict[str, int]]:
        """Give the numbers of identities, images and captions by split."""
        raise NotImplementedError


def _check(knob: Field, value: Any) -> None:
    real = isinstance(knob.default, float)
    if isinstance(value, bool) or not isinstance(value, (int, float) if real else int):
        wanted = 'a number' if real else 'a whole number'
        raise TypeError(f'{knob.name} must be {wanted}, but is {value!r}.')
    low, high = knob.metadata['minimum'], knob.metadata['maximum']
    if not value >= low or (high is not None and value > high):  # also not a number
        wanted = f'at least {low}' if high is None else f'between {low} and {high}'
        raise ValueError(f'{knob.name} must be {wanted}, but is {value}.')


@dataclass(frozen=True)
class SyntheticSettings(DrawnSettings):
    """What SyntheticPedes is made from; equal settings give byte-identical files.

    Shares and strengths lie between 0 (absent) and 1. Each field's ``metadata['help']`` says what
    it means; ``tools/make_synthetic_pedes.py --help`` prints them all.

    Raises:
        TypeError: A value is not a number of the field's type.
        ValueError: A value lies outside the field's range, or front, back and side views do not
            add up.

    Examples:
        >>> from cpcl_mm.synthetic import SyntheticSettings
        >>> SyntheticSettings(train_identities=8).counts()['train']
        {'identities': 8, 'images': 32, 'captions': 64}
    """

    seed: int = _count(0, 0, 'Seed of everything that is drawn or written.')
    train_identities: int = _count(800, 1, 'People in the train split.')
    val_identities: int = _count(100, 1, 'People in the val split, none of them in train.')
    test_identities: int = _count(150, 1, 'People in the test split, none of them in train or val.')
    images_per_identity: int = _count(4, 1, 'Images of each person.')
    captions_per_image: int = _count(2, 1, 'Captions of each image.')
    height: int = _count(96, 32, 'Height of an image in pixels.')
    width: int = _count(48, 16, 'Width of an image in pixels.')
    jpeg_quality: int = _count(90, 1, 'Quality of the JPEG files.', maximum=100)
    near_duplicates: float = _share(
        0.4, 'Share of people who differ from another one in only one or two attributes.'
    )
    back_view: float = _share(0.4, 'Share of images seen from the back, which hides the face.')
    side_view: float = _share(0.2, 'Share of images seen from the side; the rest is frontal.')
    scale: float = _share(0.1, 'How much the size of the person varies.')
    shift: float = _share(0.5, 'How far the person stands off the center of the image.')
    light: float = _share(0.25, 'How much the brightness varies.')
    color_cast: float = _share(0.08, 'How much the white balance varies.')
    blur: float = _share(0.4, 'How strong the blur may be; 1 is 2 % of the height.')
    occlusion: float = _share(0.3, 'Share of images in which something stands before the person.')
    background_saturation: float = _share(0.25, 'How colorful the background may be.')
    clutter: int = _count(4, 0, 'Most objects behind the person.')
    omission: float = _share(0.3, 'Chance that a caption leaves out an attribute.')
    wrong_color: float = _share(0.08, 'Chance that a caption names a wrong color.')

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.back_view + self.side_view > 1:
            raise ValueError(
                f'back_view={self.back_view} and side_view={self.side_view} add up to more than 1: '
                'what is left of 1 is the share of frontal views. Lower one of them.'
            )

    def identities(self, split: str) -> int:
        """Give the number of people in a split."""
        return int(getattr(self, f'{split}_identities'))

    def counts(self) -> dict[str, dict[str, int]]:
        """Give the numbers of identities, images and captions by split."""
        found = {}
        for split in SPLITS:
            images = self.identities(split) * self.images_per_identity
            found[split] = {
                'identities': self.identities(split),
                'images': images,
                'captions': images * self.captions_per_image,
            }
        return found


@dataclass(frozen=True)
class CatalogSettings(DrawnSettings):
    """What SyntheticCatalog is made from; equal settings give byte-identical files."""

    seed: int = _count(0, 0, 'Seed of everything that is drawn or written.')
    images: int = _count(10000, 1, 'Pictures, all of them in the train split.')
    captions_per_image: int = _count(2, 1, 'Captions of each picture.')
    height: int = _count(96, 32, 'Height of a picture in pixels.')
    width: int = _count(48, 16, 'Width of a picture in pixels.')

    def counts(self) -> dict[str, dict[str, int]]:
        """Give the numbers of identities, images and captions by split."""
        captions = self.images * self.captions_per_image
        return {'train': {'identities': self.images, 'images': self.images, 'captions': captions}}
