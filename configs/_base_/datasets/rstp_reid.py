# RSTPReid: 3,701 / 200 / 200 people, five images each, two captions an image.
_base_ = 'pedes_384x128.py'
# The one place to set the folder, and --data-root DIR sets it from the command line.
data_root = 'data/RSTPReid'
train_dataloader = dict(dataset=dict(type='RSTPReid', data_root=data_root))
val_dataloader = dict(dataset=dict(type='RSTPReid', data_root=data_root))
test_dataloader = dict(dataset=dict(type='RSTPReid', data_root=data_root))
