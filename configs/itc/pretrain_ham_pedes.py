# CLIP pretrained on HAM-PEDES by plain image-text contrast.
_base_ = ['../_base_/methods/itc.py', '../_base_/datasets/ham_pedes.py']
train_cfg = dict(max_epochs=10)
