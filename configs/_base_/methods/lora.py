# UP-Person's cheap tuning (arXiv:2504.10084) without its prefix tokens: CLIP is frozen, low-rank
# changes of keys and values learn, by SDM alone with true identities. Add a data set's part, and
# twice its batch; for labels of clusters, the labeller of cpcl.py.
_base_ = ['../models/clip_vit_b16.py', '../schedules/clip_60e.py', '../default_runtime.py']
lora = dict(rank=32, scale=1.0, parts=('key', 'value'))
model = dict(
    image_backbone=dict(lora=lora),
    text_backbone=dict(lora=lora),
    head=dict(
        type='MatchingHead',
        losses=dict(sdm=dict(type='InstanceLoss', loss=dict(type='SDMLoss', temperature=0.02))),
    ),
)
# A hundred times the rate of fine-tuning; one rate and one decay for all adapters.
optim_wrapper = dict(optimizer=dict(lr=1e-3), paramwise_cfg=dict(_delete_=True))
auto_scale_lr = dict(base_batch_size=128)
default_hooks = dict(
    adapter_checkpoint=dict(type='AdapterCheckpointHook'),
    pseudo_labels=dict(type='PseudoLabelHook', labeller=dict(type='TrueIdentities')),
)
