# CPCL with mmpretrain's ConvNeXt-T as image tower beside CLIP's text tower; it averages itself.
_base_ = ['../cpcl_synthetic.py']
model = dict(
    image_backbone=dict(_delete_=True, type='ConvNeXt', arch='tiny'),
    image_neck=dict(type='LinearNeck', in_channels=768, out_channels=128, norm_cfg=None),
)
