# Captions take the pseudo labels of their images, as ICPG does; the losses are those of CPCL.
_base_ = ['../cpcl_synthetic.py']
title = "CPCL, ICPG's labels"
labeller = dict(type='ImageClusters', image=_base_.clusterer, _delete_=True)
default_hooks = dict(pseudo_labels=dict(labeller=labeller))
