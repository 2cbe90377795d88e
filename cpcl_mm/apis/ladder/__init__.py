"""Ladders: what each part of a method brings, over seeds and draws of the data."""

from .execute import train_all
from .freeze import freeze
from .plan import LadderRun, plan_ladder
from .plot import draw_ladder
from .report import markdown, write_report
from .results import RunResult, collect, unfinished
from .summary import ConfigSummary, Spread, paired_differences, summarize

__all__ = [
    'ConfigSummary',
    'LadderRun',
    'RunResult',
    'Spread',
    'collect',
    'draw_ladder',
    'freeze',
    'markdown',
    'paired_differences',
    'plan_ladder',
    'summarize',
    'train_all',
    'unfinished',
    'write_report',
]
