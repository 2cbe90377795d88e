# The baseline for at least as long as CPCL takes: more epochs, the schedule stretched to them.
_base_ = ['01_itc.py']
title = "ITC, CPCL's time"
max_epochs = round(1.2 * _base_.train_cfg.max_epochs)
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    *_base_.param_scheduler[:-1],
    dict(
        _base_.param_scheduler[-1],
        end=max_epochs,
        T_max=max_epochs - _base_.param_scheduler[-1].begin,
    ),
]
