# CPCL's losses on ICFG-PEDES with true identities instead of pseudo labels.
_base_ = ['../_base_/methods/true_identities.py', '../_base_/datasets/icfg_pedes.py']
