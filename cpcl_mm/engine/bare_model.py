"""The model of a Runner, without the wrapper of a distributed run."""

from typing import Any

from mmengine.model import is_model_wrapper
from mmengine.runner import Runner


def bare_model(runner: Runner) -> Any:
    """Give the model itself, whose attributes a wrapper does not show."""
    return runner.model.module if is_model_wrapper(runner.model) else runner.model
