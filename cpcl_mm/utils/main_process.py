"""Work that one process does for all."""

from collections.abc import Callable
from typing import Any, TypeVar

from mmengine.dist import broadcast_object_list, is_main_process

Result = TypeVar('Result')


def run_on_main(function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Call a function on the main process, and give its result to every rank.

    If it raises, every rank does, so that none waits for a result that never comes.

    Args:
        function (Callable): Must not communicate with other ranks; its result must be picklable.
        *args: Its arguments, read on the main process alone.
        **kwargs: Its keyword arguments, likewise.

    Returns:
        Any: The result.

    Raises:
        RuntimeError: On other ranks, if the function raised; the main process raises the error
            itself.
    """
    outcome: list[Any] = [None]
    if is_main_process():
        try:
            outcome = [(function(*args, **kwargs), None)]
        except Exception as error:
            broadcast_object_list([(None, f'{type(error).__name__}: {error}')])
            raise
    broadcast_object_list(outcome)
    result, failure = outcome[0]
    if failure is not None:
        raise RuntimeError(f'the main process failed: {failure}')
    return result
