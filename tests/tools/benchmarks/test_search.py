"""The benchmark runs, at a size that takes no time, and prints what it is for."""

import re

TOOL = 'benchmarks/search.py'


def test_prints_build_latency_its_ratio_recall_and_memory_of_each_kind(run_tool):
    sizes = ('--sizes', 300, 400, '--dimensions', 16, '--queries', 5)
    first, _, header, rule, *lines = run_tool(TOOL, *sizes).splitlines()
    assert first == '1 thread(s), 16 dimensions, 5 queries'
    assert header == '| vectors | index | build | p50 | p95 | / plain | recall | memory |'
    assert set(rule) == set('|-')
    expected = [(kind, size) for size in (300, 400) for kind in ('exact', 'ivf', 'hnsw')]
    for line, (kind, size) in zip(lines, expected, strict=True):
        recall = r'100\.0' if kind == 'exact' else r'[\d.]+'
        assert re.fullmatch(
            rf'\| {size} \| `{kind}` \| [\d.]+ s \| [\d.]+ ms \| [\d.]+ ms '
            rf'\| [\d.]+ \| {recall} % \| \d+ MiB \|',
            line,
        ), line


def test_prints_the_speed_of_decoding_and_of_the_model_apart(
    run_tool, small_checkpoint, pedes_root
):
    model = ('--checkpoint', small_checkpoint, '--images', pedes_root / 'imgs')
    lines = run_tool(TOOL, *model).splitlines()
    names = ('decoding, one thread', 'model', 'indexing, 1 decoding thread(s)')
    for line, name in zip(lines, names, strict=True):
        assert re.fullmatch(rf'{re.escape(name)} +[\d.,]+ images/s', line), line


def test_what_is_indexed_and_by_what_go_together(exit_of_tool):
    _, _, err = exit_of_tool(TOOL, '--images', 'crops')
    assert '--checkpoint and --images go together' in err
