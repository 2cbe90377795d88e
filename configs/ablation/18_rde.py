# With true identities, another method of the field.
_base_ = ['../rde/rde_synthetic.py']
title = 'RDE (true identities)'
