# CLIP fine-tuned by plain image-text contrast: the baseline. Add a data set's part.
_base_ = ['../models/clip_vit_b16.py', '../schedules/clip_60e.py', '../default_runtime.py']
model = dict(
    head=dict(
        type='MatchingHead',
        losses=dict(itc=dict(type='InstanceLoss', loss=dict(type='ITCLoss', temperature=0.02))),
    ),
)
