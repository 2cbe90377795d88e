# CPCL on the built-in data set: plain contrast first, then clustering before every epoch.
_base_ = [
    '_base_/models/cpcl_tiny.py',
    '_base_/datasets/synthetic_pedes.py',
    '_base_/schedules/synthetic_20e.py',
    '_base_/cpu_runtime.py',
]
# Four images an identity: few neighbors, and two images are a cluster.
clusterer = dict(type='JaccardDBSCAN', k1=6, k2=4, eps=0.4, min_samples=2)
default_hooks = dict(
    pseudo_labels=dict(
        type='PseudoLabelHook',
        labeller=dict(
            type='PerModality',
            image=clusterer,
            text=clusterer,
            # Most outlier images look like nobody in their caption's cluster: those stay outliers.
            refine=[dict(type='OutlierMining', threshold=0.7)],
        ),
        # Features from scratch say nothing at first.
        start=8,
    ),
)
