# CPCL's losses on CUHK-PEDES with true identities instead of pseudo labels.
_base_ = ['../_base_/methods/true_identities.py', '../_base_/datasets/cuhk_pedes.py']
