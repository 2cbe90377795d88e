# CLIP fine-tuned by plain image-text contrast on RSTPReid: the baseline.
_base_ = ['../_base_/methods/itc.py', '../_base_/datasets/rstp_reid.py']
