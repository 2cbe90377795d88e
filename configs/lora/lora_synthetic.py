# Adapters of the small CLIP on the built-in data set, beside ../itc/clip_itc_synthetic.py, which
# trains all weights from the same start.
_base_ = ['../itc/clip_itc_synthetic.py']
lora = dict(rank=8, parts=('query', 'key', 'value', 'output', 'mlp'))
model = dict(
    image_backbone=dict(lora=lora),
    text_backbone=dict(lora=lora),
)
optim_wrapper = dict(optimizer=dict(lr=1e-2, weight_decay=0.0))
default_hooks = dict(adapter_checkpoint=dict(type='AdapterCheckpointHook'))
