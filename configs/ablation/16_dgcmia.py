# Without identities, another method of the field.
_base_ = ['../dgcmia/dgcmia_synthetic.py']
title = 'DGCMIA'
