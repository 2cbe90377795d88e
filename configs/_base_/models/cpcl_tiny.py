# CPCL on the small CLIP: instance contrast, prototypes of both modalities.
model = dict(
    type='TextToImageRetriever',
    image_backbone=dict(type='CLIPImageTower', architecture='cpcl-tiny'),
    text_backbone=dict(type='CLIPTextTower', architecture='cpcl-tiny'),
    head=dict(
        type='PrototypicalMemoryHead',
        instance=dict(type='ITCLoss', temperature=0.05),
        weights=dict(instance=0.5, cross=2.0, intra=1.0),
        memory=dict(momentum=0.2, temperature=0.05),
    ),
)
