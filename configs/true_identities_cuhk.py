# The upper bound on CUHK-PEDES: true identities in the place of pseudo labels, the losses of CPCL.
_base_ = ['cpcl_cuhk.py']
custom_hooks = [
    dict(hook, refiner=dict(type='TrueIdentities')) if hook.type == 'PseudoLabelHook' else hook
    for hook in _base_.custom_hooks
]
