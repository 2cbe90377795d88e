# CPCL on the small CLIP: instance contrast, prototypes of both modalities.
_base_ = 'clip_tiny.py'
model = dict(
    head=dict(
        _delete_=True,
        type='PrototypicalMemoryHead',
        instance=dict(type='ITCLoss', temperature=0.05),
        weights=dict(instance=0.5, cross=2.0, intra=1.0),
        memory=dict(momentum=0.2, temperature=0.2),
    ),
)
