# Pseudo labels as targets of the instance loss, which is SDM, and no prototypes.
_base_ = ['04_pmm.py']
title = 'SDM on pseudo labels'
model = dict(
    head=dict(
        instance=dict(type='SDMLoss', temperature=0.05, _delete_=True),
        weights=dict(intra=0.0),
    ),
)
