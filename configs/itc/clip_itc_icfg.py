# CLIP fine-tuned by plain image-text contrast on ICFG-PEDES: the baseline.
_base_ = ['../_base_/methods/itc.py', '../_base_/datasets/icfg_pedes.py']
