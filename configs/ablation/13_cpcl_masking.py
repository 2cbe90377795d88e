# CPCL with 15 % of the tokens of a caption masked in the instance loss.
_base_ = ['../cpcl_synthetic.py']
title = 'CPCL, masked tokens'
train_dataloader = dict(dataset=dict(pipeline=_base_.masked_train_pipeline))
