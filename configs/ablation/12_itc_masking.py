# The longer baseline with 15 % of the tokens of a caption masked, as augmentation.
_base_ = ['02_itc_equal_time.py']
title = "ITC, CPCL's time, masked tokens"
train_dataloader = dict(dataset=dict(pipeline=_base_.masked_train_pipeline))
