# CPCL on CLIP ViT-B/16: instance matching, prototypes of both modalities. Its weights, momentum and
# temperature of prototypes are not published: the sum of its losses, and what its peers use.
_base_ = 'clip_vit_b16.py'
model = dict(
    head=dict(
        _delete_=True,
        type='PrototypicalMemoryHead',
        instance=dict(type='SDMLoss', temperature=0.02),
        weights=dict(instance=1.0, intra=1.0, cross=1.0),
        memory=dict(momentum=0.2, temperature=0.05),
    ),
)
