# RDE (CVPR 2024) on the built-in data set. Captions are not masked, which is worse on val here.
_base_ = ['../_base_/synthetic.py']
global_columns, token_columns = (0, 128), (128, 384)
neck = dict(type='TokenSelection', in_channels=128, out_channels=256, ratio=0.3)
# The mean of the batch: the sum is for RDE's learning rate.
tal = dict(type='TALLoss', margin=0.1, temperature=0.05)
model = dict(
    image_backbone=dict(token_attention=True),
    text_backbone=dict(token_attention=True),
    image_neck=neck,
    text_neck=neck,
    head=dict(
        type='MatchingHead',
        losses=dict(
            tal_global=dict(type='InstanceLoss', loss=tal, columns=global_columns, weights='text'),
            tal_token=dict(type='InstanceLoss', loss=tal, columns=token_columns, weights='text'),
        ),
    ),
)
labeller = dict(
    type='NoisyPairs',
    labeller=dict(type='TrueIdentities'),
    loss=tal,
    columns=[global_columns, token_columns],
    batch_size=32,
)
default_hooks = dict(pseudo_labels=dict(type='PseudoLabelHook', labeller=labeller))
optim_wrapper = dict(optimizer=dict(lr=2e-3))  # better than 1e-3 on val
