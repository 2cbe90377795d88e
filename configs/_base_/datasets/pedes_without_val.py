# Public data sets without a val split to choose a checkpoint on: the last one is tested.
_base_ = 'pedes_384x128.py'
val_dataloader = None
val_cfg = None
val_evaluator = None
