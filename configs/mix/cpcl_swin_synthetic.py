# CPCL with mmpretrain's Swin-T as image tower beside CLIP's text tower.
_base_ = ['../cpcl_synthetic.py']
model = dict(
    image_backbone=dict(
        _delete_=True, type='SwinTransformer', arch='tiny', img_size=_base_.image_size
    ),
    image_neck=dict(type='LinearNeck', in_channels=768, out_channels=128, gap_dim=2, norm_cfg=None),
)
