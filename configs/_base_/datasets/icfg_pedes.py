# ICFG-PEDES: 3,102 / - / 1,000 people, about 11 images each, one caption an image.
_base_ = 'pedes_without_val.py'
data_root = 'data/ICFG-PEDES'  # or --data-root DIR
data = dict(type='ICFGPEDES', data_root=data_root)
train_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
