# DGCMIA (ACM MM 2025) on the built-in data set: an epoch of contrast, then neighbors.
_base_ = ['../_base_/synthetic.py']
warm_up = 1  # as published: the memories are filled before the second epoch
weight = 0.5  # published: 2.0, which is far worse on val here
model = dict(
    encoders=dict(augmented_image='image'),
    head=dict(
        type='MatchingHead',
        losses=dict(
            itc=dict(type='InstanceLoss', loss=dict(type='ITCLoss', temperature=0.05), text='text'),
            local=dict(
                type='MutualMatchLoss', temperature=0.05, loss_weight=weight, start_epoch=warm_up
            ),
            neighbor=dict(type='NeighborLoss', temperature=0.05, loss_weight=weight),
            consistency=dict(
                type='MutualMatchLoss',
                image='augmented_image',
                text='masked_text',
                temperature=0.05,
                loss_weight=weight,
                start_epoch=warm_up,
            ),
        ),
        # A row for each image: instance memories.
        memories=dict(
            image=dict(type='PrototypeMemory', labels='image', momentum=0.1),
            text=dict(type='PrototypeMemory', labels='text', momentum=0.1),
        ),
    ),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.two_view_train_pipeline))
default_hooks = dict(
    pseudo_labels=dict(
        type='PseudoLabelHook', labeller=dict(type='Instances'), start=warm_up, interval=8
    )
)
