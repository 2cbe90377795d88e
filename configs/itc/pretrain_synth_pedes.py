# CLIP pretrained on SYNTH-PEDES by plain image-text contrast.
_base_ = ['../_base_/methods/itc.py', '../_base_/datasets/synth_pedes.py']
train_cfg = dict(max_epochs=10)
