# True identities of images; captions keep their clusters. What exact labels of one modality bring.
_base_ = ['../cpcl_synthetic.py']
title = 'true identities of images'
labeller = dict(image=dict(type='TrueIdentities', _delete_=True), refine=[])
default_hooks = dict(pseudo_labels=dict(labeller=labeller))
