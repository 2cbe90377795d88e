"""Building the pipeline of a data set."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mmengine.dataset import Compose

from cpcl_mm.registry import TRANSFORMS

Pipeline = Sequence[Mapping[str, Any] | Callable]


def build_pipeline(steps: Pipeline) -> Compose:
    """Build a pipeline whose types are found whatever the default scope is.

    mmengine's ``Compose`` alone would look for them in mmengine's registry only, unless a Runner
    has set the default scope.
    """
    return Compose(
        [TRANSFORMS.build(step) if isinstance(step, Mapping) else step for step in steps]
    )
