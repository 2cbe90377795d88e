# RSTPReid: 3,701 / 200 / 200 people, five images each, two captions an image.
_base_ = 'pedes_384x128.py'
data_root = 'data/RSTPReid'  # or --data-root DIR
data = dict(type='RSTPReid', data_root=data_root)
train_dataloader = dict(dataset=data)
val_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
