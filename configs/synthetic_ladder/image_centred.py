# Captions take the pseudo labels of their images, as ICPG does; the losses are those of CPCL.
_base_ = ['../cpcl_synthetic.py']
custom_hooks = [
    dict(hook, refiner=dict(type='ImageCentredLabels')) if hook.type == 'PseudoLabelHook' else hook
    for hook in _base_.custom_hooks
]
