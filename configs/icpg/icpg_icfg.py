# ICPG (PRCV 2024) on ICFG-PEDES, with 15 % of the tokens of a caption masked for all three losses.
_base_ = ['../_base_/methods/icpg.py', '../_base_/datasets/icfg_pedes.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.masked_train_pipeline))
# One caption an image: pairs are as many as images.
labeller = dict(image=dict(k1=30, k2=6))
default_hooks = dict(pseudo_labels=dict(labeller=labeller))
