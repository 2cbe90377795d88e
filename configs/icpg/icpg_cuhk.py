# ICPG (PRCV 2024) on CUHK-PEDES, with 15 % of the tokens of a caption masked for all three losses.
_base_ = ['../_base_/methods/icpg.py', '../_base_/datasets/cuhk_pedes.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.masked_train_pipeline))
