# + contrast with the prototypes of the other modality: CPCL without outlier mining.
_base_ = ['oplm.py']
default_hooks = dict(pseudo_labels=dict(labeller=dict(refine=[])))
