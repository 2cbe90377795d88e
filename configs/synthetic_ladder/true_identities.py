# The upper bound: true identities in the place of pseudo labels; the losses are those of CPCL.
_base_ = ['../cpcl_synthetic.py']
custom_hooks = [
    dict(hook, refiner=dict(type='TrueIdentities')) if hook.type == 'PseudoLabelHook' else hook
    for hook in _base_.custom_hooks
]
