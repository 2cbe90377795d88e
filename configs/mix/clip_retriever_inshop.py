# The CLIP image tower in mmpretrain's image retrieval: its ArcFace config for In-shop Clothes, of
# which nothing changes but the encoder and the metric.
_base_ = ['mmpretrain::arcface/resnet50-arcface_8xb32_inshop.py']
custom_imports = dict(imports=['cpcl_mm'], allow_failed_imports=False)

model = dict(
    image_encoder=[
        dict(
            type='cpcl_mm.CLIPImageTower',
            architecture='ViT-B-16-quickgelu',
            image_size=(448, 448),
            pretrained='openai',
        ),
    ],
    head=dict(in_channels=512),
)
# CLIP's mean and standard deviation, RGB, 0-255.
data_preprocessor = dict(mean=[122.771, 116.746, 104.094], std=[68.501, 66.632, 70.323])
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=1e-5, weight_decay=0.05),
    paramwise_cfg=dict(custom_keys={'head.norm_product': dict(lr_mult=100.0)}),
)
auto_scale_lr = dict(enable=False, base_batch_size=256)

val_evaluator = [dict(type='cpcl_mm.GalleryMetric')]
test_evaluator = val_evaluator
default_hooks = dict(checkpoint=dict(save_best='retrieval/mAP'))
