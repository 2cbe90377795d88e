# CPCL on CUHK-PEDES with SigLIP's towers at their own resolution. Their tokenizer comes from the
# Hugging Face hub or its cache; where there is neither, give its folder, tokenizer_files='...'.
_base_ = ['../cpcl_cuhk.py']

from cpcl_mm.apis import use_clip  # noqa: E402

architecture = 'ViT-B-16-SigLIP'
globals().update(use_clip(_base_, architecture, pretrained='webli'))
