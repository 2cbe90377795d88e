# Outlier mining that gives every outlier it can a label, however unlike the nearest sample is.
_base_ = ['../cpcl_synthetic.py']
default_hooks = dict(pseudo_labels=dict(labeller=dict(refine=[dict(type='OutlierMining')])))
