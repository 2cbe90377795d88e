# The baseline: image-text contrast alone, with the weight that it has in CPCL.
_base_ = ['../itc/clip_itc_synthetic.py']
title = 'ITC'
model = dict(head=dict(losses=dict(itc=dict(loss_weight=0.5))))
