# CPCL on PRW-TPS-CN, whose captions are Chinese, with the multilingual towers of SigLIP 2. Their
# tokenizer comes from the Hugging Face hub or its cache; where there is neither, give its folder,
# tokenizer_files='...'.
_base_ = ['../cpcl/cpcl_prw_tps_cn.py']

from cpcl_mm.apis import use_clip  # noqa: E402

architecture = 'ViT-B-16-SigLIP2'
globals().update(use_clip(_base_, architecture, pretrained='webli'))
