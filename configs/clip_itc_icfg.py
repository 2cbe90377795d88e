# CLIP fine-tuned by plain image-text contrast on ICFG-PEDES: the baseline.
_base_ = [
    '_base_/models/clip_vit_b16.py',
    '_base_/datasets/icfg_pedes.py',
    '_base_/schedules/clip_60e.py',
    '_base_/default_runtime.py',
]
# ICFG-PEDES has no val split to choose a checkpoint on: the last one is tested.
val_cfg = None
default_hooks = dict(checkpoint=dict(save_best=None))
