# ICPG (PRCV 2024): clusters of images label both modalities. Contrast, distribution matching and,
# from epoch 21 on, the hardest negatives. Add a data set's part, and its masked pipeline.
_base_ = ['itc.py']
model = dict(
    head=dict(
        losses=dict(
            # Both directions summed, as published; SDMLoss has their mean.
            cdm=dict(type='InstanceLoss', loss=dict(type='SDMLoss'), loss_weight=2.0),
            chm=dict(
                type='InstanceLoss',
                loss=dict(type='HardTripletLoss', margin=0.3, reduction='sum'),
                start_epoch=20,
            ),
        ),
    ),
)
# 30 and 6 image-caption pairs are 15 and 3 images, each weighed by its captions: see cpcl.py.
clusterer = dict(type='JaccardDBSCAN', k1=15, k2=3, eps=0.6, min_samples=4)
labeller = dict(type='ImageClusters', image=clusterer, weigh_images=True)
default_hooks = dict(
    pseudo_labels=dict(type='PseudoLabelHook', labeller=labeller, batch_size=256, num_workers=4)
)
