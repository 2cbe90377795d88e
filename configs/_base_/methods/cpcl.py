# CPCL on CLIP ViT-B/16: instance matching, prototypes of both modalities, and clustering before
# every epoch, from CLIP's own features on. Add a data set's part.
_base_ = ['../models/clip_vit_b16.py', '../schedules/clip_60e.py', '../default_runtime.py']
# Weights, momentum and temperature of prototypes are not published: the sum of the losses, and what
# the peers of CPCL use.
model = dict(
    head=dict(
        type='PrototypicalMemoryHead',
        instance=dict(type='SDMLoss', temperature=0.02),
        weights=dict(instance=1.0, intra=1.0, cross=1.0),
        memory=dict(momentum=0.2, temperature=0.05),
    ),
)
# The peers' k1 = 30, k2 = 6, min_samples = 4 count image-caption pairs. Here an image is one row:
# at two captions each, 30 pairs are 15 images. Its weight is its number of captions, so that two
# images are a cluster, as they must be at the three images an identity of CUHK-PEDES.
image_clusterer = dict(type='JaccardDBSCAN', k1=15, k2=3, eps=0.6, min_samples=4)
# Captions are a row each, as the peers have it.
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
