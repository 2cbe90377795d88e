"""Short ways to write annotations down."""

from collections.abc import Callable

import pytest

from cpcl_mm.datasets.conversion import Annotation

MakeAnnotation = Callable[..., Annotation]


@pytest.fixture
def annotation() -> MakeAnnotation:
    """Make an annotation; ``identity`` and ``split`` as keyword arguments."""

    def make(path: str = 'a.jpg', *captions: str, **settings: int | str) -> Annotation:
        return Annotation(path, captions or ('a man in red',), **settings)

    return make
