"""Make a gallery of images that tools/search.py searches, or bring one up to date."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

DESCRIPTION = """
Encodes images with a trained model and writes their features into a gallery file. Run again, it
encodes only images that are new or have changed. An interrupted run goes on where it stopped.
Images that cannot be read are skipped, counted and named. Files are images by their suffix; others
are counted. Links to folders are followed.
"""

EXAMPLES = """
examples:
  all images of a folder and the folders below it:
    python tools/index_gallery.py work_dirs/clip_itc_synthetic/epoch_8.pth crops/ \\
        --gallery crops.npz

  without any training, by the small CLIP that comes with the package:
    python tools/index_gallery.py cpcl-tiny data/SyntheticPedes/imgs/test --gallery crops.npz

  later, with new images in the folder and others gone:
    python tools/index_gallery.py work_dirs/clip_itc_synthetic/epoch_8.pth crops/ \\
        --gallery crops.npz --prune

  only take out images that are gone:
    python tools/index_gallery.py work_dirs/clip_itc_synthetic/epoch_8.pth --gallery crops.npz \\
        --prune

  hundreds of thousands of images, searched approximately:
    python tools/index_gallery.py CHECKPOINT crops/ --gallery crops.npz --index ivf

A checkpoint holds the config it was trained with, which is read as data and not executed. One whose
model needs classes of your own needs its config file, too: --config.
"""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        description=DESCRIPTION, epilog=EXAMPLES, formatter_class=as_written
    )
    add = parser.add_argument
    add(
        'checkpoint',
        help='checkpoint file of a training, a folder of tools/export_onnx.py, or cpcl-tiny, the '
        'small CLIP that comes with the package',
    )
    add('images', nargs='*', help='folders and image files')
    add('--gallery', required=True, help='gallery file, usually *.npz; made or brought up to date')
    add('--config', help='config file of the training, if the checkpoint alone does not do')
    add('--prune', action='store_true', help='take out images whose file is gone')
    add(
        '--index',
        choices=('exact', 'ivf', 'hnsw'),
        help='how to search (default: exact, or as before)',
    )
    add('--effort', type=int, help='lists that ivf looks at, candidates that hnsw keeps')
    add('--device', help='such as cpu or cuda:1 (default: a GPU where there is one)')
    add('--list', type=Path, metavar='FILE', help='write all files that are left out, and why')
    add('--batch-size', type=int, default=64, help='images a batch (default: 64)')
    add('--threads', type=int, help='threads that decode images (default: one a core, at most 8)')
    # Intermixed: images, which may be left out, may stand behind flags.
    args = parser.parse_intermixed_args(argv)
    if not args.images and not args.prune:
        parser.error('there is nothing to do: give folders or image files, or --prune')
    if args.effort and not args.index:
        parser.error('--effort is about --index ivf or --index hnsw: give that as well')
    return args


def index(args: argparse.Namespace) -> str:
    """Index as the command line says; returns what there is to tell."""
    # Here, so that --help need not wait for torch.
    from cpcl_mm.search import GalleryFile, IndexSettings, PersonSearcher
    from cpcl_mm.utils.image_folder import write_table
    from cpcl_mm.utils.text import print_anything

    print_anything()
    searcher = PersonSearcher(
        args.checkpoint,
        args.config,
        device=args.device,
        batch_size=args.batch_size,
        num_threads=args.threads,
        index=IndexSettings(args.index, args.effort) if args.index else None,
    )
    if GalleryFile(args.gallery).exists() or not args.images:
        searcher.load(args.gallery)
    lines = []
    if args.prune:
        lines = [f'{len(searcher.remove_missing()):,} taken out: their file is gone']
    if args.images:
        report = searcher.index(args.images, save_to=args.gallery)
        lines = [str(report), *lines]
        if args.list:
            left_out = {**report.skipped, **report.passed_over}.items()
            write_table([('file', 'reason'), *left_out], args.list)
            lines.append(f'all that is left out is listed in {args.list}')
        elif report.skipped or report.passed_over:
            lines.append('--list FILE names all that is left out')
    else:
        searcher.save(args.gallery)
    return '\n'.join([*lines, f'{args.gallery}: {len(searcher.gallery):,} images'])


def main(argv: Sequence[str] | None = None) -> int:
    """Make or update a gallery."""
    args = parse_args(argv)
    try:
        print(index(args))
    except (ImportError, OSError, ValueError) as error:
        print(f'index_gallery.py: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        parts = f'{args.gallery}.parts'
        print(f'\ninterrupted; run again to go on: {parts} holds what is done', file=sys.stderr)
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
