# DGCMIA (ACM MM 2025) on CUHK-PEDES.
_base_ = ['../_base_/methods/dgcmia.py', '../_base_/datasets/cuhk_pedes.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.two_view_train_pipeline))
