"""The part of the command line that tools share."""

import argparse
import io
import os
import sys

from mmengine.config import DictAction


def tool_parser(description: str | None, examples: str) -> argparse.ArgumentParser:
    """Make a parser whose help keeps the lines of its texts as they are.

    From then on printing never fails: what the terminal cannot show is shown as a number.

    Args:
        description (str, optional): What the tool does.
        examples (str): Examples, shown below the flags.

    Returns:
        argparse.ArgumentParser: Without arguments.
    """
    # Of stderr it is so already: no name of a file may end a tool in the middle of a table.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors='backslashreplace')
    return argparse.ArgumentParser(
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def run_parser(description: str | None, examples: str) -> argparse.ArgumentParser:
    """Make a parser for a tool that starts a Runner, with the flags that mmpretrain users know.

    Args:
        description (str, optional): What the tool does.
        examples (str): Examples, shown below the flags.

    Returns:
        argparse.ArgumentParser: With ``config``, ``--work-dir``, ``--data-root``, ``--weights``,
        ``--cfg-options``, ``--launcher`` and ``--local-rank``; parse with :func:`parse_run_args`.
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
    """Parse the command line and tell mmengine the local rank.

    Args:
        parser (argparse.ArgumentParser): From :func:`run_parser`.

    Returns:
        argparse.Namespace: The arguments.
    """
    # Intermixed: a checkpoint may be left out, and may stand behind flags.
    args = parser.parse_intermixed_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args
