# The recipe that methods on CLIP share (IRRA's): Adam, 60 epochs, the first five warming up, then
# cosine to zero with the last.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=60, val_interval=1)
optim_wrapper = dict(
    # bfloat16 or float16 on a GPU, full precision without one.
    type='mixed_precision',
    # mmengine makes a group of every parameter, and the optimizer a kernel launch of every group.
    constructor='MergedGroupsConstructor',
    optimizer=dict(
        type='Adam',
        lr=1e-5,
        betas=(0.9, 0.999),
        eps=1e-3,
        weight_decay=4e-5,
        fused=True,
    ),
    paramwise_cfg=dict(
        custom_keys={
            # By name, since mmengine's bias_lr_mult leaves out norms and attention's in_proj_bias.
            'bias': dict(lr_mult=2.0, decay_mult=0.0),
            # What CLIP's weights do not bring, if a config adds it.
            'image_neck': dict(lr_mult=5.0),
            'text_neck': dict(lr_mult=5.0),
            'log_scale': dict(lr_mult=5.0, decay_mult=0.0),
        },
    ),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, end=5, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', eta_min=0, begin=5, convert_to_iter_based=True),
]
# The batch of all GPUs together; --auto-scale-lr follows another one.
auto_scale_lr = dict(base_batch_size=64)
