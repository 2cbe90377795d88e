# TAG-PEDES: 6,840 people seen from the air and from the ground, 28,206 images.
_base_ = 'pedes_without_val.py'
data_root = 'data/TAG-PEDES'  # or --data-root DIR
data = dict(type='TAGPEDES', data_root=data_root)
train_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
