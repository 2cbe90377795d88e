# CPCL on CUHK-PEDES with OpenAI's CLIP ViT-L/14, on images of CLIP's usual proportions for people:
# 27 x 9 patches of 14 pixels; the weights' 16 x 16 positions are interpolated.
_base_ = ['../cpcl_cuhk.py']

from cpcl_mm.apis import use_clip  # noqa: E402

# With the QuickGELU that OpenAI's weights were trained with.
architecture = 'ViT-L-14-quickgelu'
globals().update(use_clip(_base_, architecture, pretrained='openai', image_size=(378, 126)))
