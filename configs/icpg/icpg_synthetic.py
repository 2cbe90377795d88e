# ICPG (PRCV 2024) on the built-in data set: contrast first, then clusters of images for both.
_base_ = ['../_base_/synthetic.py']
model = dict(
    head=dict(
        type='MatchingHead',
        losses=dict(
            itc=dict(type='InstanceLoss', loss=dict(type='ITCLoss', temperature=0.05)),
            cdm=dict(
                type='InstanceLoss',
                loss=dict(type='SDMLoss', temperature=0.05),
                loss_weight=2.0,
                start_epoch=8,
            ),
            # The mean of the batch: the sum is for ICPG's learning rate.
            chm=dict(type='InstanceLoss', loss=dict(type='HardTripletLoss'), start_epoch=12),
        ),
    ),
)
train_dataloader = dict(dataset=dict(pipeline=_base_.masked_train_pipeline))
# Four images an identity: few neighbors, and two images are a cluster.
clusterer = dict(type='JaccardDBSCAN', k1=6, k2=4, eps=0.4, min_samples=2)
labeller = dict(type='ImageClusters', image=clusterer)
# Features from scratch say nothing at first.
default_hooks = dict(pseudo_labels=dict(type='PseudoLabelHook', labeller=labeller, start=8))
