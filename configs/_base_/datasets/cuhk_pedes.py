# CUHK-PEDES: 11,003 / 1,000 / 1,000 people, about 3 images each, mostly two captions an image.
_base_ = 'pedes_384x128.py'
# The one place to set the folder, and --data-root DIR sets it from the command line.
data_root = 'data/CUHK-PEDES'
train_dataloader = dict(dataset=dict(type='CUHKPEDES', data_root=data_root))
val_dataloader = dict(dataset=dict(type='CUHKPEDES', data_root=data_root))
test_dataloader = dict(dataset=dict(type='CUHKPEDES', data_root=data_root))
