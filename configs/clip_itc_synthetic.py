# CLIP with plain image-text contrast on the built-in data set: the baseline.
_base_ = [
    '_base_/models/clip_tiny.py',
    '_base_/datasets/synthetic_pedes.py',
    '_base_/schedules/synthetic_20e.py',
    '_base_/cpu_runtime.py',
]
