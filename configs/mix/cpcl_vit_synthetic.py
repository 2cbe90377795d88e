# CPCL with mmpretrain's ViT (DeiT-S) as image tower beside CLIP's text tower: its class token.
_base_ = ['../cpcl_synthetic.py']
model = dict(
    image_backbone=dict(
        _delete_=True, type='VisionTransformer', arch='deit-small', img_size=_base_.image_size
    ),
    image_neck=dict(type='LinearNeck', in_channels=384, out_channels=128, norm_cfg=None),
)
