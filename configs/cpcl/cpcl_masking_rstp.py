# CPCL on RSTPReid with 15 % of the tokens of a caption masked, as its peers have it.
_base_ = ['../cpcl_rstp.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.masked_train_pipeline))
