"""Search a gallery by a sentence, by an image, or by both."""

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cpcl_mm.search import SearchResult

DESCRIPTION = """
Prints the best images of a gallery for each query as a table, and draws them as a ranked sheet.
"""

EXAMPLES = """
examples:
  a table and a picture:
    python tools/search.py "a man in a red jacket" --gallery crops.npz --topk 10 --out sheet.png

  several sentences, each with its own table and row of the picture:
    python tools/search.py "a man in red" "a woman with an umbrella" --gallery crops.npz

  more like this one:
    python tools/search.py --image crops/0042.jpg --gallery crops.npz

  like this one, but as the sentence says:
    python tools/search.py "with a white hat" --image crops/0042.jpg --gallery crops.npz

  for programs:
    python tools/search.py "a man in red" --gallery crops.npz --json

The gallery knows which checkpoint made it; --checkpoint is needed only where that file has moved.
"""

Found = tuple[str, list['SearchResult']]
"""A query and its results."""


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        description=DESCRIPTION, epilog=EXAMPLES, formatter_class=as_written
    )
    add = parser.add_argument
    add('texts', nargs='*', metavar='TEXT', help='a sentence, in quotes')
    add('--gallery', required=True, help='what tools/index_gallery.py wrote')
    add('--image', help='an image to search by')
    add(
        '--image-weight',
        type=float,
        default=0.5,
        help='of --image against TEXT, where both are given (default: 0.5)',
    )
    add('--topk', type=int, default=10, help='images to find (default: 10)')
    add('--rerank', action='store_true', help='a better and slower order: k-reciprocal')
    add('--out', type=Path, help='draw a ranked sheet into this picture, such as sheet.png')
    add('--json', action='store_true', help='print JSON instead of a table')
    add('--checkpoint', help="in the place of the gallery's own; or its export to ONNX")
    add('--config', help='config file of the training, if the checkpoint alone does not do')
    add('--device', help='such as cpu or cuda:1 (default: a GPU where there is one)')
    # Intermixed: sentences may stand before and behind flags.
    args = parser.parse_intermixed_args(argv)
    if not args.texts and not args.image:
        parser.error('there is no query: give a sentence in quotes, or --image, or both')
    return args


def search(args: argparse.Namespace) -> list[Found]:
    """Search as the command line says."""
    # Here, so that --help need not wait for torch.
    from cpcl_mm.search import PersonSearcher
    from cpcl_mm.search.reranking import KReciprocal
    from cpcl_mm.utils.text import print_anything

    print_anything()
    searcher = PersonSearcher.open(args.gallery, args.checkpoint, args.config, args.device)
    ranker = KReciprocal() if args.rerank else None
    if not args.texts:
        found = searcher.search_by_image(args.image, args.topk, ranker)
        return [(f'like {args.image}', found)]
    results = searcher.search(args.texts, args.topk, ranker, args.image, args.image_weight)
    like = f', like {args.image}' if args.image else ''
    return [(f'{text}{like}', found) for text, found in zip(args.texts, results, strict=True)]


def table(query: str, results: 'Sequence[SearchResult]') -> str:
    """Write results as lines of text."""
    from cpcl_mm.utils.text import one_line

    lines = [one_line(query), f'{"rank":>4}  {"score":>6}  image']
    lines += [
        f'{result.rank:4}  {result.score:6.3f}  {one_line(result.path)}'
        f'{"  (the file is gone)" * result.is_gone}'
        for result in results
    ]
    return '\n'.join(lines)


def to_json(found: list[Found]) -> str:
    """Write results for programs."""
    return json.dumps(
        [
            {'query': query, 'results': [asdict(r) | {'gone': r.is_gone} for r in results]}
            for query, results in found
        ],
        indent=1,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Search, print and draw."""
    args = parse_args(argv)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always', UserWarning)
            found = search(args)
        # Of words that the model does not read, for example.
        for warning in caught:
            print(f'warning: {warning.message}', file=sys.stderr)
        if args.out:
            from cpcl_mm.search import draw_results

            queries, results = zip(*found, strict=True)
            sheet = draw_results(queries, results, [args.image] * len(found))
            args.out.parent.mkdir(parents=True, exist_ok=True)
            sheet.save(args.out)
    except (ImportError, OSError, ValueError) as error:
        print(f'search.py: {error}', file=sys.stderr)
        return 1
    print(to_json(found) if args.json else '\n\n'.join(table(*pair) for pair in found))
    if any(result.is_gone for _, results in found for result in results):
        print('Images are gone: tools/index_gallery.py --prune takes them out', file=sys.stderr)
    return 0


if __name__ == '__main__':
    sys.exit(main())
