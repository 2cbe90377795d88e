# + contrast with the prototypes of the other modality: CPCL without outlier mining.
_base_ = ['06_oplm.py']
title = 'ITC + PMM + HCM'
default_hooks = dict(pseudo_labels=dict(labeller=dict(refine=[])))
