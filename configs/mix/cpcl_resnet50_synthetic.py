# CPCL with mmpretrain's ResNet-50 as image tower beside CLIP's text tower. The neck brings its
# 2,048 channels to the 128 of the text tower. For ImageNet's weights add to the image tower
# init_cfg=dict(type='Pretrained', checkpoint='FILE_OR_URL', prefix='backbone').
_base_ = ['../cpcl_synthetic.py']
model = dict(
    image_backbone=dict(_delete_=True, type='ResNet', depth=50),
    image_neck=dict(
        type='LinearNeck', in_channels=2048, out_channels=128, gap_dim=2, norm_cfg=None
    ),
)
