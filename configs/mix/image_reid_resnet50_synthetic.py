# Re-identification by images alone and without labels: mmpretrain's classifier with a ResNet-50,
# and instead of classes the clusters that the images form before every epoch.
_base_ = [
    '../_base_/datasets/synthetic_pedes.py',
    '../_base_/schedules/synthetic_8e.py',
    '../_base_/cpu_runtime.py',
]
model = dict(
    type='ImageClassifier',
    backbone=dict(type='ResNet', depth=50),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='ClusterContrastHead', memory=dict(momentum=0.1, temperature=0.05)),
)
data_preprocessor = dict(
    _delete_=True,
    type='ClsDataPreprocessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    to_rgb=True,
)

pack = dict(type='PackInputs', meta_keys=('image_index', 'identity', 'img_path'))
train_pipeline = [*_base_.train_pipeline[0].transforms, pack]
test_pipeline = [*_base_.test_pipeline[0].transforms, pack]
train_dataloader = dict(
    # Batches of 8 clusters with 4 images each.
    sampler=dict(_delete_=True, type='PseudoLabelSampler', num_per_label=4, outliers='drop'),
    dataset=dict(view='images', pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(view='images', pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(view='images', pipeline=test_pipeline))
val_evaluator = dict(type='ImageReIDMetric')
test_evaluator = dict(type='ImageReIDMetric')

default_hooks = dict(
    checkpoint=dict(save_best='reid/mAP'),
    pseudo_labels=dict(
        type='PseudoLabelHook',
        labeller=dict(
            type='PerModality',
            image=dict(type='JaccardDBSCAN', k1=6, k2=4, eps=0.4, min_samples=2),
        ),
    ),
)
