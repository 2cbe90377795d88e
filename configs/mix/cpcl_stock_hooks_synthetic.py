# CPCL beside hooks of mmengine and mmpretrain: averaged weights for validation, test and
# checkpoints, an end where the score no longer rises, and a profile of the first steps.
_base_ = ['../cpcl_synthetic.py']
custom_hooks = [
    dict(type='EMAHook', momentum=0.01),
    dict(type='EarlyStoppingHook', monitor='t2i/mAP', min_delta=0.5, patience=2),
    dict(
        type='ProfilerHook',
        by_epoch=False,
        profile_times=10,
        on_trace_ready=dict(type='log_trace', sort_by='self_cpu_time_total', row_limit=10),
    ),
    dict(type='EmptyCacheHook', after_epoch=True),
]
# mmpretrain's pictures of classes; those of retrieval come from RankedSheetHook.
default_hooks = dict(visualization=dict(type='VisualizationHook', enable=False))
