# The baseline: the model and schedule of CPCL, and no pseudo labels, so image-text contrast alone.
_base_ = ['../cpcl_synthetic.py']
custom_hooks = [hook for hook in _base_.custom_hooks if hook.type != 'PseudoLabelHook']
