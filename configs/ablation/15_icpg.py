# Without identities, another method of the field.
_base_ = ['../icpg/icpg_synthetic.py']
title = 'ICPG'
