"""The benchmark runs, at a size that takes no time, and prints what it is for."""

import re
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[3] / 'tools' / 'benchmarks' / 'ranking.py'


def test_prints_time_and_memory_of_each_way_and_checks_the_scores():
    sizes = ['--size', '300', '--reference-size', '200', '--dimensions', '16', '--repeats', '1']
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', TOOL, *sizes], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == '1 thread(s), 16 dimensions, best of 1 runs'
    figures = r'\d+\.\d\d s +\d+ MiB'
    scores = r'  R@1 [\d.]+  R@5 [\d.]+  R@10 [\d.]+  mAP [\d.]+  mINP [\d.]+'
    for line, expected in zip(
        lines[1:],
        [
            rf'product +300 x 300 +{figures}',
            rf'ours +300 x 300 +{figures}{scores}',
            r'ours takes \d+\.\d\d of the time of the product',
            rf'ours +200 x 200 +{figures}{scores}',
            rf'argsort +200 x 200 +{figures}{scores}',
            r'ours is \d+\.\d times as fast as the full argsort',
            r'scores are equal: at most \S+ points apart',
        ],
        strict=True,
    ):
        assert re.fullmatch(expected, line), line
