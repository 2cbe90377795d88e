# CPCL's losses with true identities instead of pseudo labels. Add a data set's part.
_base_ = ['cpcl.py']
labeller = dict(type='TrueIdentities', _delete_=True)
default_hooks = dict(pseudo_labels=dict(labeller=labeller))
