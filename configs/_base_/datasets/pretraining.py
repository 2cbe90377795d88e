# Data sets to pretrain on: images with captions, all of them the split train. What comes of it is
# tested by the config of another data set.
_base_ = 'pedes_without_val.py'
# Millions of images are looked at when they are loaded.
train_dataloader = dict(dataset=dict(check_images='none'))
test_dataloader = None
test_cfg = None
test_evaluator = None
