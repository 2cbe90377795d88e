# The baseline on RSTPReid with 15 % of the tokens of a caption masked, as augmentation.
_base_ = ['clip_itc_rstp.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.masked_train_pipeline))
