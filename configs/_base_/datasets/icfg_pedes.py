# ICFG-PEDES: 3,102 / - / 1,000 people, about 11 images each, one caption an image. It has no val
# split to choose a checkpoint on: the last one is tested.
_base_ = 'pedes_384x128.py'
data_root = 'data/ICFG-PEDES'  # or --data-root DIR
data = dict(type='ICFGPEDES', data_root=data_root)
train_dataloader = dict(dataset=data)
val_dataloader = None
val_cfg = None
val_evaluator = None
test_dataloader = dict(dataset=data)
