"""Show a search, a data set and pseudo labels as a local web page."""

import argparse
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cpcl_mm.search import PersonSearcher
    from cpcl_mm.search.web import Section, Splits

DESCRIPTION = """
Starts a web page on this machine. With a gallery, or a checkpoint and images: a search by sentence
and image. With --config: the images and captions of its data sets. With --work-dir: the pseudo
labels of a training. The page needs no internet, and pip install -e ".[demo]". Ctrl+C stops it.
"""

EXAMPLES = """
examples:
  search a gallery that tools/index_gallery.py has written:
    python tools/serve.py --gallery crops.npz

  search a folder that is indexed now, and again at the next start:
    python tools/serve.py work_dirs/cpcl_synthetic/epoch_8.pth crops/

  look at the data set of a config, without any model:
    python tools/serve.py --config configs/cpcl_synthetic.py

  all at once:
    python tools/serve.py --gallery crops.npz --work-dir work_dirs/cpcl_synthetic

Only this machine can reach the page. --host 0.0.0.0 lets all of the network see the images: there
is no password.
"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        description=DESCRIPTION, epilog=EXAMPLES, formatter_class=as_written
    )
    add = parser.add_argument
    add('model', nargs='?', metavar='CHECKPOINT', help='checkpoint file that encodes IMAGES')
    add('images', nargs='*', metavar='IMAGES', help='folders and image files to search')
    add('--gallery', help='what tools/index_gallery.py wrote, instead of CHECKPOINT and IMAGES')
    add('--checkpoint', help="in the place of the gallery's own")
    add('--model-config', help='config file of the model, if the checkpoint alone does not do')
    add('--device', help='such as cpu or cuda:1 (default: a GPU where there is one)')
    add('--config', help='config file whose data sets to show (default: that of --work-dir)')
    add('--work-dir', type=Path, help='work directory of a training that clusters')
    add('--host', default='127.0.0.1', help='address to listen on (default: 127.0.0.1)')
    add('--port', type=int, default=8000, help='0 takes any that is free (default: 8000)')
    args = parser.parse_args(argv)
    if args.model and not args.images:
        parser.error(f'{args.model} alone cannot be searched: give IMAGES after it, or --gallery')
    if args.model and args.gallery:
        parser.error('give either --gallery, or CHECKPOINT and IMAGES')
    if not (args.model or args.gallery or args.config or args.work_dir):
        parser.error('there is nothing to show: give --gallery, --config or --work-dir')
    return args


def load_searcher(args: argparse.Namespace) -> 'PersonSearcher | None':
    """Open or make the gallery; None if none is asked for."""
    from cpcl_mm.search import PersonSearcher

    if args.gallery:
        return PersonSearcher.open(args.gallery, args.checkpoint, args.model_config, args.device)
    if not args.model:
        return None
    searcher = PersonSearcher(args.model, args.model_config, args.device)
    print(searcher.index(args.images))
    return searcher


def load_splits(args: argparse.Namespace) -> 'Splits | None':
    """Take the data sets of the config that is given, or that the training left behind."""
    from mmengine.config import Config

    from cpcl_mm.search.web import Splits

    if not args.config and not args.work_dir:
        return None
    found = [args.config] if args.config else sorted(args.work_dir.glob('*.py'))
    if len(found) != 1:
        raise ValueError(
            f'{args.work_dir} holds {len(found)} config files (*.py): say which one is meant '
            '(--config FILE)'
        )
    return Splits(Config.fromfile(found[0]))


def make_sections(args: argparse.Namespace) -> 'list[Section]':
    """Make what the command line asks for."""
    from cpcl_mm.search.web import DatasetSection, LabelSection, SearchSection

    sections: list[Section] = []
    searcher, splits = load_searcher(args), load_splits(args)
    if searcher:
        examples = splits.captions_of(searcher.gallery.names) if splits else ()
        sections.append(SearchSection(searcher, examples))
    if splits:
        sections.append(DatasetSection(splits, can_search=bool(searcher)))
        if args.work_dir:
            sections.append(LabelSection(args.work_dir, splits))
    return sections


def run(args: argparse.Namespace) -> None:
    """Serve the page until Ctrl+C."""
    # Here, so that a missing extra is one sentence, and --help waits for nothing.
    import cpcl_mm  # noqa: F401  (registers models and data sets)
    from cpcl_mm.search.web import address_of, build_app, is_loopback, listen, serve

    # First, so that a port in use is known before anything is loaded.
    with listen(args.host, args.port) as listening:
        if not is_loopback(args.host):
            print(
                f'warning: --host {args.host} lets other machines see the images, without a '
                'password',
                file=sys.stderr,
            )
        names = ('localhost', args.host, socket.gethostname(), socket.getfqdn())
        app = build_app(make_sections(args), names)
        print(f'{address_of(listening)}  (Ctrl+C stops)', flush=True)
        serve(app, listening)


def main(argv: Sequence[str] | None = None) -> int:
    """Show the page."""
    args = parse_args(argv)
    try:
        run(args)
    except (ImportError, OSError, ValueError) as error:
        print(f'serve.py: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == '__main__':
    sys.exit(main())
