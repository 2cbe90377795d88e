# CPCL on TAG-PEDES.
_base_ = ['../_base_/methods/cpcl.py', '../_base_/datasets/tag_pedes.py']
