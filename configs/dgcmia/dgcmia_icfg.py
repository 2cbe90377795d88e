# DGCMIA (ACM MM 2025) on ICFG-PEDES.
_base_ = ['../_base_/methods/dgcmia.py', '../_base_/datasets/icfg_pedes.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.two_view_train_pipeline))
