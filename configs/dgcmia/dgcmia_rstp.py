# DGCMIA (ACM MM 2025) on RSTPReid.
_base_ = ['../_base_/methods/dgcmia.py', '../_base_/datasets/rstp_reid.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.two_view_train_pipeline))
train_cfg = dict(max_epochs=16)
