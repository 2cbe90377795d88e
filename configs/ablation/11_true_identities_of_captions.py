# True identities of captions; images keep their clusters. What exact labels of one modality bring.
_base_ = ['../cpcl_synthetic.py']
title = 'true identities of captions'
labeller = dict(text=dict(type='TrueIdentities', _delete_=True), refine=[])
default_hooks = dict(pseudo_labels=dict(labeller=labeller))
