# + outlier mining: CPCL as a whole.
_base_ = ['../cpcl_synthetic.py']
title = 'ITC + PMM + HCM + OPLM (CPCL)'
