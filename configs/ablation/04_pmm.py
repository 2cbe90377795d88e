# + contrast with the prototypes of the own modality; the instance loss is that of CPCL.
_base_ = ['05_hcm.py']
title = 'ITC + PMM'
model = dict(head=dict(weights=dict(cross=0.0, hybrid=0.0)))
