import re


def test_both_sides_are_measured_and_compared(small_config, run_tool):
    out = run_tool('benchmarks/train_step.py', small_config(), '--rounds', 1, '--warm-up', 1)
    runner, bare = (
        float(re.search(rf'{side} +([\d.]+) ms/step', out)[1]) for side in ('Runner', 'bare loop')
    )
    assert runner > 0
    assert bare > 0
    assert re.search(r'ratio +\d\.\d{3} ', out)
    assert re.search(r'peak memory of the process \d+\.\d\d GiB', out)
