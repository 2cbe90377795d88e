# AdamW: 8 epochs, the first warming up, then cosine to zero with the last.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=8, val_interval=2)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=1e-3, weight_decay=0.5, fused=True),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, end=1, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', eta_min=0, begin=1, convert_to_iter_based=True),
]
auto_scale_lr = dict(base_batch_size=32)
