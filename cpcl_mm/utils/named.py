"""Things by name, whose missing names are told beside those that are there."""

from typing import TypeVar

Thing = TypeVar('Thing')


class Named(dict[str, Thing]):
    """A dict with a readable KeyError.

    Args:
        what (str): What the things are, for the error.
        things (Mapping, optional): The things by name.

    Examples:
        >>> from cpcl_mm.utils.named import Named
        >>> Named('feature', {'image': 1})['img']
        Traceback (most recent call last):
        KeyError: "there is no feature 'img', only ['image']"
    """

    def __init__(self, what: str, *things: object, **more: Thing) -> None:
        super().__init__(*things, **more)
        self.what = what

    def __missing__(self, name: str) -> Thing:
        raise KeyError(f'there is no {self.what} {name!r}, only {sorted(self)}')

    def __reduce__(self) -> tuple:
        return type(self), (self.what, dict(self))
