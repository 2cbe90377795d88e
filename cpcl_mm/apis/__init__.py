"""What a person calls, and what the tools are made of."""

from .clip_family import use_clip
from .command_line import parse_run_args, run_parser, tool_parser
from .onnx_export import export_onnx
from .person_searcher import PersonSearcher
from .run_config import config_from_args, load_run_config

__all__ = [
    'PersonSearcher',
    'config_from_args',
    'export_onnx',
    'load_run_config',
    'parse_run_args',
    'run_parser',
    'tool_parser',
    'use_clip',
]
