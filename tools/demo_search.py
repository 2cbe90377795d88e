"""Train, index, search and draw on the built-in data set: an example to copy."""

import argparse
from pathlib import Path

from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config
from cpcl_mm.search import PersonSearcher, draw_results

CONFIG = 'configs/itc/clip_itc_synthetic.py'
WORK_DIR = 'work_dirs/demo_search'
QUERIES = ['a man in a red jacket and blue jeans', 'a woman in a green dress with a black bag']


def main(config: str = CONFIG, work_dir: str = WORK_DIR) -> None:
    """Run the four steps; the picture is ``search.png`` in the work directory."""
    # 1. Train, about five minutes on one core; validation chooses the checkpoint.
    cfg = load_run_config(config, work_dir)
    Runner.from_cfg(cfg).train()
    checkpoint = next(Path(work_dir).glob('best_*.pth'))

    # 2. Index the images of the test split. A folder of your own: searcher.index('crops/')
    searcher = PersonSearcher(checkpoint)
    print(searcher.index(cfg.test_dataloader.dataset))
    searcher.save(Path(work_dir, 'gallery.npz'))

    # 3. Search.
    results = searcher.search(QUERIES, topk=10)
    for query, found in zip(QUERIES, results, strict=True):
        print(f'{query}: {found[0].path} with a score of {found[0].score:.3f}')

    # 4. Draw.
    draw_results(QUERIES, results).save(Path(work_dir, 'search.png'))


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', nargs='?', default=CONFIG, help=f'default: {CONFIG}')
    parser.add_argument('work_dir', nargs='?', default=WORK_DIR, help=f'default: {WORK_DIR}')
    main(**vars(parser.parse_args()))
