"""The benchmark runs, at a size that takes no time, and prints what it is for."""

import re

TOOL = 'benchmarks/search.py'


def test_prints_build_latency_recall_and_memory_of_each_kind(exit_of_tool):
    sizes = ('--sizes', 300, 400, '--dimensions', 16, '--queries', 5)
    code, out, _ = exit_of_tool(TOOL, *sizes)
    assert code == 0
    first, *lines = out.splitlines()
    assert first == '1 thread(s), 16 dimensions, 5 queries'
    expected = [(kind, size) for size in (300, 400) for kind in ('exact', 'ivf', 'hnsw')]
    for line, (kind, size) in zip(lines, expected, strict=True):
        assert re.fullmatch(
            rf'{kind} +{size} +build +[\d.]+ s  p50 +[\d.]+ ms  p95 +[\d.]+ ms  '
            r'recall +[\d.]+ %  memory +\d+ MiB',
            line,
        ), line
        assert kind != 'exact' or 'recall 100.00 %' in line


def test_prints_a_table_for_a_page(exit_of_tool):
    sizes = ('--sizes', 300, '--kinds', 'ivf', '--dimensions', 16, '--queries', 5)
    *_, header, rule, row = exit_of_tool(TOOL, *sizes, '--markdown')[1].splitlines()
    assert header == '| vectors | index | build | p50 | p95 | recall | memory |'
    assert set(rule) == set('|-')
    assert re.fullmatch(
        r'\| 300 \| `ivf` \| [\d.]+ s \| [\d.]+ ms \| [\d.]+ ms \| [\d.]+ % \| \d+ MiB \|', row
    )


def test_prints_the_speed_of_decoding_and_of_the_model_apart(
    exit_of_tool, small_checkpoint, pedes_root
):
    model = ('--checkpoint', small_checkpoint, '--images', pedes_root / 'imgs')
    lines = exit_of_tool(TOOL, *model)[1].splitlines()
    names = ('decoding, one thread', 'model', 'indexing, 1 decoding thread(s)')
    for line, name in zip(lines, names, strict=True):
        assert re.fullmatch(rf'{re.escape(name)} +[\d.,]+ images/s', line), line


def test_what_is_indexed_and_by_what_go_together(exit_of_tool):
    _, _, err = exit_of_tool(TOOL, '--images', 'crops')
    assert '--checkpoint and --images go together' in err
