# RDE (CVPR 2024): a global embedding and one of selected tokens, triplet alignment of both, and
# pairs that look noisy left out of an epoch. Add a data set's part and its masked pipeline.
_base_ = ['../models/clip_vit_b16.py', '../schedules/clip_60e.py', '../default_runtime.py']
global_columns, token_columns = (0, 512), (512, 1536)
neck = dict(type='TokenSelection', in_channels=512, out_channels=1024, ratio=0.3)
# Summed over the batch, as published.
tal = dict(type='TALLoss', margin=0.1, temperature=0.015, reduction='sum')
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
optim_wrapper = dict(
    # The new layers learn at 1e-3.
    paramwise_cfg=dict(
        custom_keys={'image_neck': dict(lr_mult=100.0), 'text_neck': dict(lr_mult=100.0)}
    ),
)
labeller = dict(
    type='NoisyPairs',
    labeller=dict(type='TrueIdentities'),
    loss=tal,
    columns=[global_columns, token_columns],
    batch_size=64,
)
default_hooks = dict(
    pseudo_labels=dict(type='PseudoLabelHook', labeller=labeller, batch_size=256, num_workers=4)
)
