# CPCL trained on UFine6926 and tested on UFine3C, which has no training split.
_base_ = ['../_base_/methods/cpcl.py', '../_base_/datasets/ufine3c.py']
