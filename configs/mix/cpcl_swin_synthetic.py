# CPCL with mmpretrain's Swin-T as image tower beside CLIP's text tower. The images are small: from
# the second stage on, a map is smaller than a window of 7 x 7, and is padded to it.
_base_ = ['../cpcl_synthetic.py']
model = dict(
    image_backbone=dict(
        _delete_=True,
        type='SwinTransformer',
        arch='tiny',
        img_size=_base_.image_size,
        pad_small_map=True,
    ),
    image_neck=dict(type='LinearNeck', in_channels=768, out_channels=128, gap_dim=2, norm_cfg=None),
)
