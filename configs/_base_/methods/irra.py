# IRRA (CVPR 2023): distribution matching and a classifier by true identities, and masked words
# predicted from the image. Add a data set's part, its number of identities, its masked pipeline.
_base_ = ['../models/clip_vit_b16.py', '../schedules/clip_60e.py', '../default_runtime.py']
model = dict(
    head=dict(
        type='MatchingHead',
        losses=dict(
            # Both directions summed, as published; SDMLoss has their mean.
            sdm=dict(
                type='InstanceLoss',
                loss=dict(type='SDMLoss', temperature=0.02),
                text='text',  # whole captions: masked ones are for the prediction alone
                loss_weight=2.0,
            ),
            id=dict(type='IdentityLoss', dim=512),
            mlm=dict(type='MaskedTokenLoss', vocab_size=49408, dim=512, layers=4, heads=8),
        ),
    ),
)
# What CLIP's weights do not bring.
optim_wrapper = dict(paramwise_cfg=dict(custom_keys={'head.losses': dict(lr_mult=5.0)}))
# Identities never change.
default_hooks = dict(
    pseudo_labels=dict(type='PseudoLabelHook', labeller=dict(type='TrueIdentities'), interval=60)
)
