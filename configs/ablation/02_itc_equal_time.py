# The baseline for at least as long as CPCL takes: more epochs.
_base_ = ['01_itc.py']
title = "ITC, CPCL's time"
train_cfg = dict(max_epochs=round(1.4 * _base_.train_cfg.max_epochs))
