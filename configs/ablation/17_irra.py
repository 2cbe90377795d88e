# With true identities, another method of the field.
_base_ = ['../irra/irra_synthetic.py']
title = 'IRRA (true identities)'
