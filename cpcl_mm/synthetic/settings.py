"""Every knob of the built-in data set and of the catalog, with its check."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

SPLITS = ('train', 'val', 'test')

FORMAT_VERSION = 1
"""Raised whenever the same settings would draw other pictures or write other captions."""


def _count(default: int, minimum: int, text: str) -> Any:
    """Give a whole-number field of at least ``minimum``."""
    return field(default=default, metadata={'help': text, 'minimum': minimum, 'maximum': None})


def _share(default: float, text: str) -> Any:
    """Give a field between 0 and 1."""
    return field(default=default, metadata={'help': text, 'minimum': 0.0, 'maximum': 1.0})


class DrawnSettings:
    """What a drawn data set is made from: a base of dataclasses of numbers that check themselves.

    Raises:
        TypeError: A value is not a number of the field's type.
        ValueError: A value lies outside the field's range.
    """

    def __post_init__(self) -> None:
        for knob in fields(self):  # type: ignore[arg-type]
            _check_type(knob.name, getattr(self, knob.name), type(knob.default))
            limits = {key: knob.metadata[key] for key in ('minimum', 'maximum')}
            _check_range(knob.name, getattr(self, knob.name), **limits)

    def as_dict(self) -> dict[str, int | float]:
        """Give the settings as plain numbers, in the order of the fields."""
        return asdict(self)  # type: ignore[call-overload]

    def counts(self) -> dict[str, dict[str, int]]:
        """Give the numbers of identities, images and captions by split."""
        raise NotImplementedError


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
        >>> SyntheticSettings(train_identities=8).images('train')
        32
    """

    seed: int = _count(0, 0, 'Seed of everything that is drawn or written.')
    train_identities: int = _count(800, 1, 'People in the train split.')
    val_identities: int = _count(100, 1, 'People in the val split, none of them in train.')
    test_identities: int = _count(150, 1, 'People in the test split, none of them in train or val.')
    images_per_identity: int = _count(4, 1, 'Images of each person.')
    captions_per_image: int = _count(2, 1, 'Captions of each image.')
    height: int = _count(96, 32, 'Height of an image in pixels.')
    width: int = _count(48, 16, 'Width of an image in pixels.')
    jpeg_quality: int = field(
        default=90,
        metadata={'help': 'Quality of the JPEG files.', 'minimum': 1, 'maximum': 100},
    )
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

    def images(self, split: str) -> int:
        """Give the number of images in a split."""
        return self.identities(split) * self.images_per_identity

    def counts(self) -> dict[str, dict[str, int]]:
        """Give the numbers of identities, images and captions by split."""
        return {
            split: {
                'identities': self.identities(split),
                'images': self.images(split),
                'captions': self.images(split) * self.captions_per_image,
            }
            for split in SPLITS
        }


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


def _check_type(name: str, value: Any, kind: type) -> None:
    allowed = (int, float) if kind is float else (int,)
    if isinstance(value, bool) or not isinstance(value, allowed):
        wanted = 'a number' if kind is float else 'a whole number'
        raise TypeError(f'{name} must be {wanted}, but is {value!r}.')


def _check_range(name: str, value: float, minimum: float, maximum: float | None) -> None:
    if value >= minimum and (maximum is None or value <= maximum):
        return
    wanted = f'at least {minimum}' if maximum is None else f'between {minimum} and {maximum}'
    raise ValueError(f'{name} must be {wanted}, but is {value}.')
