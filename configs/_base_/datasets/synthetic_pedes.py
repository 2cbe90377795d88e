# SyntheticPedes: drawn pedestrians with captions, made on first use.
data_root = 'data/SyntheticPedes'
image_size = (96, 48)  # height, width
tokenizer = dict(type='WordTokenizer')
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
            dict(type='RandomCrop', crop_size=image_size, padding=4),
            dict(type='RandomErasing', erase_prob=0.25, fill_color=clip_mean_bgr),
        ],
    ),
    dict(type='Tokenize', tokenizer=tokenizer),
    dict(type='PackImageCaption'),
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
    batch_size=32,
    num_workers=1,
    persistent_workers=False,
    worker_init_fn=dict(type='cpcl_mm.seed_worker'),
    sampler=dict(type='DefaultSampler', shuffle=True),
    collate_fn=dict(type='pseudo_collate'),
    drop_last=True,
    dataset=dict(
        type='SyntheticPedes',
        data_root=data_root,
        split='train',
        view='pairs',
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=128,
    num_workers=1,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='SyntheticPedes',
        data_root=data_root,
        split='val',
        view='retrieval',
        pipeline=test_pipeline,
    ),
)
test_dataloader = dict(
    batch_size=128,
    num_workers=1,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='SyntheticPedes',
        data_root=data_root,
        split='test',
        view='retrieval',
        pipeline=test_pipeline,
    ),
)
val_evaluator = dict(type='TextPersonRetrievalMetric')
test_evaluator = dict(type='TextPersonRetrievalMetric')
