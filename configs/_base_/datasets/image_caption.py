# What data sets of images with captions share. A data set's own file names its class and folder.

# CLIP's mean and standard deviation, RGB, 0-255; the mean once more as OpenCV has channels.
data_preprocessor = dict(
    type='ImageTextPreprocessor',
    mean=[122.771, 116.746, 104.094],
    std=[68.501, 66.632, 70.323],
)
clip_mean_bgr = (104, 117, 123)

# A batch is one tensor for each input, stacked by the worker. mmpretrain's own train.py, where none
# is named, takes a function that wants tensors of everything, samples too.
collate_fn = dict(type='cpcl_mm.stack_inputs')
train_dataloader = dict(
    collate_fn=collate_fn,
    persistent_workers=False,
    worker_init_fn=dict(type='cpcl_mm.seed_worker'),
    sampler=dict(type='DefaultSampler', shuffle=True),
    drop_last=True,
    dataset=dict(split='train', view='pairs'),
)
val_dataloader = dict(
    collate_fn=collate_fn,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(split='val', view='retrieval'),
)
test_dataloader = dict(
    collate_fn=collate_fn,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(split='test', view='retrieval'),
)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
val_evaluator = dict(type='TextPersonRetrievalMetric')
test_evaluator = dict(type='TextPersonRetrievalMetric')
