# The CLIP image tower as the backbone of mmpretrain's classifier: a config of mmpretrain's own
# kind, which mmpretrain's own tools run. ImageNet lies in data/imagenet, as mmpretrain has it.
_base_ = [
    'mmpretrain::_base_/datasets/imagenet_bs64.py',
    'mmpretrain::_base_/default_runtime.py',
]
custom_imports = dict(imports=['cpcl_mm'], allow_failed_imports=False)

model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='cpcl_mm.CLIPImageTower', architecture='ViT-B-16-quickgelu', pretrained='openai'
    ),
    head=dict(
        type='LinearClsHead',
        num_classes=1000,
        in_channels=512,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
    ),
)
# CLIP's mean and standard deviation, RGB, 0-255.
data_preprocessor = dict(mean=[122.771, 116.746, 104.094], std=[68.501, 66.632, 70.323])

train_cfg = dict(by_epoch=True, max_epochs=10, val_interval=1)
val_cfg = dict()
test_cfg = dict()
optim_wrapper = dict(
    optimizer=dict(type='AdamW', lr=1e-5, weight_decay=0.05),
    # The classes are new, the tower is not.
    paramwise_cfg=dict(custom_keys={'head.fc': dict(lr_mult=100.0)}),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=True, end=1, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', by_epoch=True, begin=1, convert_to_iter_based=True),
]
auto_scale_lr = dict(base_batch_size=64)
