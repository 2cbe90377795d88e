# + contrast with the prototypes of the other modality: CPCL without outlier mining.
_base_ = ['oplm.py']
custom_hooks = [
    dict(hook, refiner=dict(type='KeepLabels')) if hook.type == 'PseudoLabelHook' else hook
    for hook in _base_.custom_hooks
]
