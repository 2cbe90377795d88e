# CPCL on UFine6926.
_base_ = ['../_base_/methods/cpcl.py', '../_base_/datasets/ufine6926.py']
