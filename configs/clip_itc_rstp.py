# CLIP fine-tuned by plain image-text contrast on RSTPReid: the baseline.
_base_ = [
    '_base_/models/clip_vit_b16.py',
    '_base_/datasets/rstp_reid.py',
    '_base_/schedules/clip_60e.py',
    '_base_/default_runtime.py',
]
