# UFine6926: 6,926 people, 26,206 images, two captions of about 80 words an image.
_base_ = 'pedes_without_val.py'
data_root = 'data/UFine6926'  # or --data-root DIR
data = dict(type='UFine6926', data_root=data_root)
train_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
