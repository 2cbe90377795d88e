# CPCL's losses on RSTPReid with true identities instead of pseudo labels.
_base_ = ['cpcl_rstp.py']
labeller = dict(type='TrueIdentities', _delete_=True)
default_hooks = dict(pseudo_labels=dict(labeller=labeller))
