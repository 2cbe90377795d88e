# IRRA (CVPR 2023) on the built-in data set.
_base_ = ['../_base_/synthetic.py']
model = dict(
    head=dict(
        type='MatchingHead',
        losses=dict(
            sdm=dict(
                type='InstanceLoss',
                loss=dict(type='SDMLoss', temperature=0.05),
                text='text',
                loss_weight=2.0,
            ),
            id=dict(type='IdentityLoss', num_identities=800, dim=128),
            mlm=dict(type='MaskedTokenLoss', vocab_size=160, dim=128, layers=2, heads=4),
        ),
    ),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.masked_train_pipeline))
# Identities never change.
default_hooks = dict(
    pseudo_labels=dict(type='PseudoLabelHook', labeller=dict(type='TrueIdentities'), interval=20)
)
