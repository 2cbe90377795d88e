# CPCL with ICPG's hard triplets of images and captions, from a third of the training on.
_base_ = ['../cpcl_synthetic.py']
title = 'CPCL, hard triplets'
triplet = dict(type='InstanceLoss', loss=dict(type='HardTripletLoss'), start_epoch=3)
model = dict(head=dict(losses=dict(triplet=triplet)))
