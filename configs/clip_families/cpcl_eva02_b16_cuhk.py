# CPCL on CUHK-PEDES with EVA02-CLIP's towers at their own resolution.
_base_ = ['../cpcl_cuhk.py']

from cpcl_mm.apis import use_clip  # noqa: E402

architecture = 'EVA02-B-16'
globals().update(use_clip(_base_, architecture, pretrained='merged2b_s8b_b131k'))
