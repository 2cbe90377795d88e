# CPCL on RSTPReid: clustering before every epoch, from CLIP's own features on.
_base_ = [
    '_base_/models/cpcl_vit_b16.py',
    '_base_/datasets/rstp_reid.py',
    '_base_/schedules/clip_60e.py',
    '_base_/default_runtime.py',
]
# The peers' k1 = 30, k2 = 6, min_samples = 4 count image-caption pairs. Here an image is
# one row: at two captions each, 30 pairs are 15 images. Its weight is its number of
# captions, so that two of the five images of an identity are a cluster.
image_clusterer = dict(type='JaccardDBSCAN', k1=15, k2=3, eps=0.6, min_samples=4)
# Ten captions an identity: a row each, as the peers have it.
text_clusterer = dict(type='JaccardDBSCAN', k1=30, k2=6, eps=0.6, min_samples=4)
default_hooks = dict(
    pseudo_labels=dict(
        type='PseudoLabelHook',
        labeller=dict(
            type='PerModality',
            image=image_clusterer,
            text=text_clusterer,
            refine=[dict(type='OutlierMining')],
            weigh_images=True,
        ),
        batch_size=256,
        num_workers=4,
    ),
)
