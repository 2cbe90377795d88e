# CUHK-PEDES: 11,003 / 1,000 / 1,000 people, about 3 images each, mostly two captions an image.
_base_ = 'pedes_384x128.py'
data_root = 'data/CUHK-PEDES'  # or --data-root DIR
data = dict(type='CUHKPEDES', data_root=data_root)
train_dataloader = dict(dataset=data)
val_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
