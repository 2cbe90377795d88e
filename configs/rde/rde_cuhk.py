# RDE (CVPR 2024) on CUHK-PEDES; one token in five is masked or replaced, for both losses.
_base_ = ['../_base_/methods/rde.py', '../_base_/datasets/cuhk_pedes.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.replaced_train_pipeline))
