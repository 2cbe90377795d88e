# True identities instead of pseudo labels; the losses are those of CPCL.
_base_ = ['../cpcl_synthetic.py']
title = 'CPCL, true identities'
labeller = dict(type='TrueIdentities', _delete_=True)
default_hooks = dict(pseudo_labels=dict(labeller=labeller))
