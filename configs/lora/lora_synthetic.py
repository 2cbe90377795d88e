# Adapters of the small CLIP on the built-in data set, beside ../itc/clip_itc_synthetic.py, which
# trains all weights: give both the same pretrained weights by --weights FILE.
_base_ = ['../itc/clip_itc_synthetic.py']
lora = dict(rank=8, parts=('query', 'key', 'value', 'output'))
model = dict(
    image_backbone=dict(lora=lora, pretrained=None),
    text_backbone=dict(lora=lora, pretrained=None),
)
optim_wrapper = dict(optimizer=dict(weight_decay=0.0))
default_hooks = dict(adapter_checkpoint=dict(type='AdapterCheckpointHook'))
