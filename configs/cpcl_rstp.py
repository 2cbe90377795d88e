# CPCL on RSTPReid: clustering before every epoch, from CLIP's own features on.
_base_ = ['_base_/methods/cpcl.py', '_base_/datasets/rstp_reid.py']
