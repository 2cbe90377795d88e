# CPCL on CUHK-PEDES with the towers of Perception Encoder (PE-Core) at their own resolution. Its
# captions have 32 tokens, fewer than some captions need: the rest of those is cut.
_base_ = ['../cpcl_cuhk.py']

from cpcl_mm.apis import use_clip  # noqa: E402

architecture = 'PE-Core-B-16'
globals().update(use_clip(_base_, architecture, pretrained='meta'))
