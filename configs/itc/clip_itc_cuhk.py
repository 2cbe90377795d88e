# CLIP fine-tuned by plain image-text contrast on CUHK-PEDES: the baseline.
_base_ = ['../_base_/methods/itc.py', '../_base_/datasets/cuhk_pedes.py']
