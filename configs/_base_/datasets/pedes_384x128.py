# What the public data sets share: CLIP's captions and images of 384 x 128, augmented as the methods
# that fine-tune CLIP do it. A data set's own file names its class and its folder.
image_size = (384, 128)  # height, width
tokenizer = dict(type='OpenCLIPTokenizer', architecture='ViT-B-16-quickgelu')
clip_mean_bgr = (104, 117, 123)

# CLIP's mean and standard deviation, RGB, 0-255.
data_preprocessor = dict(
    type='ImageTextPreprocessor',
    mean=[122.771, 116.746, 104.094],
    std=[68.501, 66.632, 70.323],
)

train_pipeline = [
    dict(
        type='OnImage',
        transforms=[
            dict(type='LoadImage'),
            dict(type='Resize', scale=image_size[::-1]),
            dict(type='RandomFlip', prob=0.5),
            dict(type='RandomCrop', crop_size=image_size, padding=10),
            dict(
                type='RandomErasing',
                erase_prob=0.5,
                min_area_ratio=0.02,
                max_area_ratio=0.4,
                fill_color=clip_mean_bgr,
            ),
        ],
    ),
    dict(type='Tokenize', tokenizer=tokenizer),
    dict(type='PackImageCaption'),
]
# The same, with a masked copy of every caption beside the whole one, for the instance loss.
masked_train_pipeline = [
    *train_pipeline[:-1],
    dict(type='MaskTokens', tokenizer=tokenizer, ratio=0.15),
    train_pipeline[-1],
]
test_pipeline = [
    dict(
        type='OnImage',
        transforms=[dict(type='LoadImage'), dict(type='Resize', scale=image_size[::-1])],
    ),
    dict(type='Tokenize', tokenizer=tokenizer),
    dict(type='PackImageCaption'),
]

train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    persistent_workers=False,
    worker_init_fn=dict(type='cpcl_mm.seed_worker'),
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='pseudo_collate'),
    drop_last=True,
    dataset=dict(split='train', view='pairs', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=256,
    num_workers=4,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(split='val', view='retrieval', pipeline=test_pipeline),
)
test_dataloader = dict(
    batch_size=256,
    num_workers=4,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(split='test', view='retrieval', pipeline=test_pipeline),
)
val_evaluator = dict(type='TextPersonRetrievalMetric')
test_evaluator = dict(type='TextPersonRetrievalMetric')
