# CPCL on AERI-PEDES, trained on the sample of its train split that its authors train on.
_base_ = ['../_base_/methods/cpcl.py', '../_base_/datasets/aeri_pedes.py']
train_dataloader = dict(dataset=dict(ann_file=dict(train='train_caption.json')))
