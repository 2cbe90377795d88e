"""Configs and command lines: what the tools are made of."""

from .clip_family import use_clip, use_context_length
from .command_line import errors_in_a_sentence, parse_run_args, run_parser, tool_parser
from .run_config import config_from_args, load_run_config

__all__ = [
    'config_from_args',
    'errors_in_a_sentence',
    'load_run_config',
    'parse_run_args',
    'run_parser',
    'tool_parser',
    'use_clip',
    'use_context_length',
]
