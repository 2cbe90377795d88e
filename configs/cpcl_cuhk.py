# CPCL on CUHK-PEDES: clustering before every epoch, from CLIP's own features on.
_base_ = ['_base_/methods/cpcl.py', '_base_/datasets/cuhk_pedes.py']
