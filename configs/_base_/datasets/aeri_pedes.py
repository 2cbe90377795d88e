# AERI-PEDES: 4,659 people seen by drones, 144,548 images, several captions.
_base_ = 'pedes_without_val.py'
data_root = 'data/AERI-PEDES'  # or --data-root DIR
data = dict(type='AERIPEDES', data_root=data_root)
train_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
