# CPCL on RSTPReid with DGCMIA's consistency of augmented images and masked captions.
_base_ = ['../_base_/methods/cpcl_consistency.py', '../_base_/datasets/rstp_reid.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.two_view_train_pipeline))
