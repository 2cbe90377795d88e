"""The efficiency of a config as text for a person, and as numbers for a program."""

from dataclasses import asdict
from typing import Any

from .analysis import Efficiency

_NAMES = {'image': 'encoding an image', 'text': 'encoding a caption', 'training': 'training step'}


def to_text(efficiency: Efficiency) -> str:
    """Write the numbers as lines.

    Args:
        efficiency (Efficiency): The numbers.

    Returns:
        str: Several lines.
    """
    parts = [
        f'  {name:26} {number / 1e6:10,.2f} million'
        for name, number in efficiency.parameters.items()
    ]
    flops = [
        f'  {_NAMES[key]:26} {number / 1e9:10,.2f} GFLOPs'
        for key, number in efficiency.flops.items()
    ]
    rates = [
        f'  {_NAMES.get(key, "loading, one process"):26} {rate:10,.1f} a second'
        for key, rate in efficiency.rates.items()
    ]
    return '\n'.join(
        [
            f'{efficiency.device}, batch of {efficiency.batch_size}',
            *('parameters', *parts),
            *('operations, a multiplication and an addition as two', *flops),
            *('images or captions', *rates),
            f'peak memory                  {efficiency.memory / 2**30:10,.2f} GiB',
            *_epoch_lines(efficiency),
        ]
    )


def _epoch_lines(efficiency: Efficiency) -> list[str]:
    epoch = efficiency.epoch
    stages = {
        'encoding all of them': epoch.features,
        'clustering': epoch.clustering,
        'training': epoch.training,
        'loading, beside training': epoch.loading,
        'the whole epoch': epoch.total,
    }
    return [
        f'an epoch of {epoch.num_images:,} images and {epoch.num_captions:,} captions, estimated',
        *(f'  {name:26} {seconds:10,.1f} s' for name, seconds in stages.items()),
    ]


def to_dict(efficiency: Efficiency) -> dict[str, Any]:
    """Give the numbers as plain data.

    Args:
        efficiency (Efficiency): The numbers.

    Returns:
        dict: The fields of :class:`Efficiency`, ``epoch`` with its ``total``.
    """
    data = asdict(efficiency)
    data['epoch']['total'] = efficiency.epoch.total
    return data
