# Outlier mining that gives every outlier it can a label, however unlike the nearest sample is.
_base_ = ['../cpcl_synthetic.py']
title = 'CPCL, OPLM without a threshold'
default_hooks = dict(pseudo_labels=dict(labeller=dict(refine=[dict(type='OutlierMining')])))
