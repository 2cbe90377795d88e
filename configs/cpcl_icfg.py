# CPCL on ICFG-PEDES: clustering before every epoch, from CLIP's own features on.
_base_ = [
    '_base_/models/cpcl_vit_b16.py',
    '_base_/datasets/icfg_pedes.py',
    '_base_/schedules/clip_60e.py',
    '_base_/default_runtime.py',
]
# ICFG-PEDES has no val split to choose a checkpoint on: the last one is tested.
val_cfg = None
# One caption an image, so pairs, images and captions are as many: the peers' settings as they are,
# for both. At 11.2 images an identity, clusters of four are none too small.
clusterer = dict(type='JaccardDBSCAN', k1=30, k2=6, eps=0.6, min_samples=4)
default_hooks = dict(
    checkpoint=dict(save_best=None),
    pseudo_labels=dict(
        type='PseudoLabelHook',
        labeller=dict(
            type='PerModality',
            image=clusterer,
            text=clusterer,
            refine=[dict(type='OutlierMining')],
        ),
        batch_size=256,
        num_workers=4,
    ),
)
