# What the public data sets share: CLIP's captions and images of 384 x 128, augmented as the methods
# that fine-tune CLIP do it.
_base_ = 'image_caption.py'
image_size = (384, 128)  # height, width; that of models/clip_vit_b16.py
tokenizer = dict(type='OpenCLIPTokenizer')

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
                fill_color=_base_.clip_mean_bgr,
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
# The same, with one token in five masked or replaced.
replaced_train_pipeline = [
    *train_pipeline[:-1],
    dict(type='MaskTokens', tokenizer=tokenizer, ratio=0.2, mask_share=0.6, random_share=0.2),
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

train_dataloader = dict(batch_size=64, num_workers=8, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(batch_size=256, num_workers=4, dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(batch_size=256, num_workers=4, dataset=dict(pipeline=test_pipeline))
