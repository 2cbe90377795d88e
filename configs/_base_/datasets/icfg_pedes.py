# ICFG-PEDES: 3,102 / - / 1,000 people, about 11 images each, one caption an image; no val split.
_base_ = 'pedes_384x128.py'
# The one place to set the folder, and --data-root DIR sets it from the command line.
data_root = 'data/ICFG-PEDES'
train_dataloader = dict(dataset=dict(type='ICFGPEDES', data_root=data_root))
val_dataloader = None
val_evaluator = None
test_dataloader = dict(dataset=dict(type='ICFGPEDES', data_root=data_root))
