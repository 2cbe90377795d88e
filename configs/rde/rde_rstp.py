# RDE (CVPR 2024) on RSTPReid; one token in five is masked or replaced, for both losses.
_base_ = ['../_base_/methods/rde.py', '../_base_/datasets/rstp_reid.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.replaced_train_pipeline))
# Few pairs: a closer fit.
labeller = dict(mixture=dict(max_iter=100, tol=1e-4, reg_covar=1e-6))
default_hooks = dict(pseudo_labels=dict(labeller=labeller))
