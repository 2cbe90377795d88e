# CPCL's losses on RSTPReid with true identities instead of pseudo labels.
_base_ = ['../_base_/methods/true_identities.py', '../_base_/datasets/rstp_reid.py']
