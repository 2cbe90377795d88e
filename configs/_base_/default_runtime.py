# Logging, checkpoints, pictures and random numbers: the same for every experiment.
default_scope = 'cpcl_mm'

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # The checkpoint is chosen on the validation split.
    checkpoint=dict(
        type='SafeCheckpointHook',
        interval=1,
        max_keep_ckpts=2,
        save_best='t2i/mAP',
        rule='greater',
    ),
    # torch.load reads such a file without mmengine.
    plain_checkpoint=dict(type='PlainCheckpointHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    # Ours, by names that a config can change them by.
    checkpoint_fit=dict(type='CheckpointFitHook'),
    finite_loss=dict(type='FiniteLossHook'),
    epoch_seed=dict(type='EpochSeedHook'),
    ranked_sheet=dict(type='RankedSheetHook'),
    final_test=dict(type='FinalTestHook'),
    wall_time=dict(type='WallTimeHook'),
)

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
visualizer = dict(
    type='Visualizer',
    vis_backends=[dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')],
)
log_level = 'INFO'
load_from = None
resume = False
randomness = dict(seed=0)
