# RDE (CVPR 2024) on ICFG-PEDES; one token in five is masked or replaced, for both losses.
_base_ = ['../_base_/methods/rde.py', '../_base_/datasets/icfg_pedes.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.replaced_train_pipeline))
