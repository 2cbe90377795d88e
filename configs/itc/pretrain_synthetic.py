# The pretraining of the small CLIP: plain contrast on SyntheticCatalog, a world as far from drawn
# pedestrians as the web is from photographed ones. tools/pretrain_synthetic_clip.py runs it and
# writes cpcl_mm/weights/cpcl-tiny.safetensors. Validation is on pedestrians: none is trained on.
_base_ = ['clip_itc_synthetic.py']
model = dict(image_backbone=dict(pretrained=None), text_backbone=dict(pretrained=None))

# Of the augmentations only what lets no article disappear.
pipeline = [
    dict(type='OnImage', transforms=_base_.train_pipeline[0]['transforms'][:3]),
    *_base_.train_pipeline[1:],
]
train_dataloader = dict(
    batch_size=128,
    dataset=dict(
        _delete_=True, type='SyntheticCatalog', split='train', view='pairs', pipeline=pipeline
    ),
)

train_cfg = dict(max_epochs=10, val_interval=2)
optim_wrapper = dict(optimizer=dict(lr=2e-3))
# The last weights are taken, not those that do best on pedestrians: those are not to be looked at.
default_hooks = dict(checkpoint=dict(interval=5, save_best=None))
