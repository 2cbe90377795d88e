# Outlier mining that gives every outlier it can a label, however unlike the nearest sample is.
_base_ = ['../cpcl_synthetic.py']
custom_hooks = [
    dict(hook, refiner=dict(type='OutlierMining', threshold=None))
    if hook.type == 'PseudoLabelHook'
    else hook
    for hook in _base_.custom_hooks
]
