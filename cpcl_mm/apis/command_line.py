"""The command line that tools share, and how a tool ends when something is wrong."""

import argparse
import errno
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mmengine.config import DictAction
from mmengine.logging import MMLogger

from cpcl_mm.utils.text import print_anything

# What input causes. Anything else may be a defect: without a log, its traceback is shown.
_CAUSED_BY_INPUT = (ValueError, OSError, ImportError, ArithmeticError)

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


def tool_parser(description: str | None, examples: str) -> argparse.ArgumentParser:
    """Make a parser whose help keeps the lines of its texts as they are; examples end it.

    From then on printing never fails: what the terminal cannot show is shown as a number.
    """
    print_anything()
    return argparse.ArgumentParser(
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def run_parser(description: str | None, examples: str) -> argparse.ArgumentParser:
    """Make a parser for a tool that starts a Runner, with the flags that mmpretrain users know.

    Its command line is read by :func:`parse_run_args`.
    """
    parser = tool_parser(description, examples)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--work-dir',
        help='where log, checkpoints and pictures go (default: work_dirs/<name of the config>)',
    )
    parser.add_argument(
        '--data-root', metavar='DIR', help='folder of the data set, for training, val and test'
    )
    parser.add_argument(
        '--weights',
        metavar='FILE_OR_TAG',
        help='pretrained CLIP weights, for both towers: a file, or a tag of open_clip to download',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='replace settings of the config, for example train_dataloader.batch_size=16',
    )
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
    # torch.distributed.launch passes this; torchrun sets the environment instead.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help=argparse.SUPPRESS)
    return parser


def parse_run_args(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Parse the command line for :func:`run_parser`, and tell mmengine the local rank."""
    # Intermixed: a checkpoint may be left out, and may stand behind flags.
    args = parser.parse_intermixed_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


@contextmanager
def errors_in_a_sentence(to_go_on: str = '') -> Iterator[None]:
    """End the tool with one sentence; the traceback goes to the log file.

    Args:
        to_go_on (str): What to say after Ctrl+C, and where the disk failed. Defaults to ''.

    Raises:
        SystemExit: Instead of an error; 130 after Ctrl+C, as shells have it.
    """
    try:
        yield
    except KeyboardInterrupt:
        print(f'\nstopped{to_go_on}', file=sys.stderr)
        raise SystemExit(130) from None
    except Exception as error:
        log = _log_file()
        if log is None and not isinstance(error, _CAUSED_BY_INPUT):
            raise
        where = '' if log is None else f' (traceback: {log})'
        if log is not None:
            # A disk that is full is no further error.
            with suppress(OSError), log.open('a', encoding='utf-8') as file:
                file.write(traceback.format_exc())
        remedy = to_go_on if getattr(error, 'errno', None) in _OF_THE_DISK else ''
        raise SystemExit(f'error: {_sentence(error)}{remedy}{where}') from error


def _sentence(error: Exception) -> str:
    """Give the text of an error, without what belongs to Python alone."""
    if isinstance(error, OSError) and error.strerror:
        return f'{error.strerror}: {error.filename}' if error.filename else error.strerror
    if isinstance(error, _CAUSED_BY_INPUT):
        return str(error)
    return f'{type(error).__name__}: {error}'


def _log_file() -> Path | None:
    """Find the log file of the run, if this process has one."""
    if not MMLogger._instance_dict:
        return None
    handlers = MMLogger.get_current_instance().handlers
    files = [each for each in handlers if isinstance(each, logging.FileHandler)]
    return Path(files[-1].baseFilename) if files else None
