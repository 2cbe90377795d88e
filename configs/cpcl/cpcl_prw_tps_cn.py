# CPCL on PRW-TPS-CN. OpenAI's CLIP reads Chinese captions but was trained on English ones:
# take a multilingual tower for scores that count.
_base_ = ['../_base_/methods/cpcl.py', '../_base_/datasets/prw_tps_cn.py']
