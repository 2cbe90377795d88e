# CPCL's losses on CUHK-PEDES with true identities instead of pseudo labels.
_base_ = ['cpcl_cuhk.py']
labeller = dict(type='TrueIdentities', _delete_=True)
default_hooks = dict(pseudo_labels=dict(labeller=labeller))
