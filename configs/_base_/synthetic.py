# A small CLIP on the built-in data set, on a CPU; a method adds its head.
_base_ = [
    'models/clip_tiny.py',
    'datasets/synthetic_pedes.py',
    'schedules/synthetic_8e.py',
    'cpu_runtime.py',
]
