# CLIP with plain image-text contrast on the built-in data set: the baseline.
_base_ = ['../_base_/synthetic.py']
model = dict(
    head=dict(
        type='MatchingHead',
        losses=dict(itc=dict(type='InstanceLoss', loss=dict(type='ITCLoss', temperature=0.05))),
    ),
)
