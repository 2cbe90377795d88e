"""A check that a training has at least one step."""

from mmengine.dist import get_world_size
from mmengine.runner import Runner


def check_epoch(runner: Runner) -> None:
    """Refuse a training set that fills no batch.

    mmengine would end without a step, or fail at the schedules.

    Args:
        runner (Runner): The runner, before it trains. Its training data set is built here.

    Raises:
        ValueError: If an epoch has no batch: names the settings and values that would do.
    """
    loader = runner.train_dataloader
    if len(loader) > 0:
        return
    samples, processes = len(loader.dataset), get_world_size()
    shared = '' if processes == 1 else f' in each of {processes} processes'
    if samples < processes:
        raise ValueError(f'the training set (train_dataloader.dataset) has {samples} samples')
    raise ValueError(
        f'the training set has {samples} samples, fewer than train_dataloader.batch_size='
        f'{loader.batch_size}{shared}, and train_dataloader.drop_last=True drops what fills no '
        f'batch: set train_dataloader.batch_size={samples // processes} or less'
    )
