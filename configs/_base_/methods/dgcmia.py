# DGCMIA (ACM MM 2025): contrast, mutual matches of a batch, remembered neighbors that join it, and
# the mutual matches once more on augmented pairs. Add a data set's part and its pipeline of pairs
# with a second view.
_base_ = ['../models/clip_vit_b16.py', '../schedules/clip_60e.py', '../default_runtime.py']
model = dict(
    encoders=dict(augmented_image='image'),
    head=dict(
        type='MatchingHead',
        losses=dict(
            itc=dict(type='InstanceLoss', loss=dict(type='ITCLoss'), text='text'),
            # Both directions summed, as published; these losses have their mean.
            local=dict(type='MutualMatchLoss', loss_weight=2.0),
            neighbor=dict(type='NeighborLoss', loss_weight=2.0),
            consistency=dict(
                type='MutualMatchLoss',
                image='augmented_image',
                text='masked_text',
                loss_weight=2.0,
            ),
        ),
        # A row for each image: instance memories.
        memories=dict(
            image=dict(type='PrototypeMemory', labels='image', momentum=0.1),
            text=dict(type='PrototypeMemory', labels='text', momentum=0.1),
        ),
    ),
)
train_cfg = dict(max_epochs=40)
default_hooks = dict(
    pseudo_labels=dict(
        type='PseudoLabelHook',
        labeller=dict(type='Instances'),
        # The memories are filled once, before the second epoch.
        start=1,
        interval=40,
        batch_size=256,
        num_workers=4,
    )
)
