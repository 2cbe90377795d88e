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
        ]
    )


def to_dict(efficiency: Efficiency) -> dict[str, Any]:
    """Give the numbers as plain data.

    Args:
        efficiency (Efficiency): The numbers.

    Returns:
        dict: The fields of :class:`Efficiency`.
    """
    return asdict(efficiency)
