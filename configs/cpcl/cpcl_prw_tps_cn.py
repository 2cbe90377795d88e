# CPCL on PRW-TPS-CN. OpenAI's CLIP reads Chinese captions but was trained on English ones:
# ../clip_families/cpcl_siglip2_b16_prw_tps_cn.py has multilingual towers, for scores that count.
_base_ = ['../_base_/methods/cpcl.py', '../_base_/datasets/prw_tps_cn.py']
