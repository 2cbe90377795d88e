# IRRA (CVPR 2023) on RSTPReid, with 15 % of the tokens masked for the prediction.
_base_ = ['../_base_/methods/irra.py', '../_base_/datasets/rstp_reid.py']
model = dict(head=dict(losses=dict(id=dict(num_identities=3701))))
train_dataloader = dict(dataset=dict(pipeline=_base_.masked_train_pipeline))
