# True identities of images; captions keep their clusters. What exact labels of one modality bring.
_base_ = ['../cpcl_synthetic.py']
custom_hooks = [
    dict(hook, refiner=dict(type='TrueIdentities', text=False))
    if hook.type == 'PseudoLabelHook'
    else hook
    for hook in _base_.custom_hooks
]
