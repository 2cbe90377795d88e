# A CLIP small enough for two CPU cores, trained from scratch with plain contrast.
model = dict(
    type='TextToImageRetriever',
    image_backbone=dict(type='CLIPImageTower', architecture='cpcl-tiny'),
    text_backbone=dict(type='CLIPTextTower', architecture='cpcl-tiny'),
    head=dict(
        type='MatchingHead',
        losses=dict(
            itc=dict(type='InstanceLoss', loss=dict(type='ITCLoss', temperature=0.05)),
        ),
    ),
)
