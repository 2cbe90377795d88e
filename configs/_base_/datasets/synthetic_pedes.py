# SyntheticPedes: drawn pedestrians with captions, made on first use.
_base_ = 'image_caption.py'
data_root = 'data/SyntheticPedes'
image_size = (96, 48)  # height, width
tokenizer = dict(type='WordTokenizer')

train_pipeline = [
    dict(
        type='OnImage',
        transforms=[
            dict(type='LoadImage'),
            dict(type='Resize', scale=image_size[::-1]),
            dict(type='RandomFlip', prob=0.5),
            dict(type='RandomCrop', crop_size=image_size, padding=4),
            dict(type='RandomErasing', erase_prob=0.25, fill_color=_base_.clip_mean_bgr),
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
# An image as it is and a second, augmented view of it; a caption and half of its tokens masked.
two_view_train_pipeline = [
    dict(
        type='OnImage',
        transforms=[
            *train_pipeline[0]['transforms'][:2],
            dict(type='SecondView', transforms=train_pipeline[0]['transforms'][2:]),
        ],
    ),
    train_pipeline[1],
    dict(type='MaskTokens', tokenizer=tokenizer, ratio=0.5, mask_share=1.0, random_share=0.0),
    dict(type='PackImageCaption', keys=dict(augmented_image='augmented_img')),
]
# The same, without augmentation.
test_pipeline = [
    dict(type='OnImage', transforms=train_pipeline[0]['transforms'][:2]),
    *train_pipeline[1:],
]

data = dict(type='SyntheticPedes', data_root=data_root)
# Small images load faster than they travel between processes. What mmpretrain's own train.py would
# set, persistent workers, needs workers.
loading = dict(num_workers=0, persistent_workers=False)
train_dataloader = dict(batch_size=32, **loading, dataset=dict(data, pipeline=train_pipeline))
val_dataloader = dict(batch_size=128, **loading, dataset=dict(data, pipeline=test_pipeline))
test_dataloader = dict(batch_size=128, **loading, dataset=dict(data, pipeline=test_pipeline))
