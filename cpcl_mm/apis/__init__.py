"""What a person calls, and what the tools are made of."""

from .command_line import parse_run_args, run_parser
from .run_config import load_run_config

__all__ = ['load_run_config', 'parse_run_args', 'run_parser']
