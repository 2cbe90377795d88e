# CPCL on ICFG-PEDES with DGCMIA's consistency of augmented images and masked captions.
_base_ = ['../_base_/methods/cpcl_consistency.py', '../_base_/datasets/icfg_pedes.py']
train_dataloader = dict(dataset=dict(pipeline=_base_.two_view_train_pipeline))
# As in cpcl_icfg.py: one caption an image.
default_hooks = dict(pseudo_labels=dict(labeller=dict(image=_base_.text_clusterer)))
