# CPCL on ICFG-PEDES: clustering before every epoch, from CLIP's own features on.
_base_ = ['_base_/methods/cpcl.py', '_base_/datasets/icfg_pedes.py']
# One caption an image, so pairs, images and captions are as many: the peers' settings as they are,
# for both. At 11.2 images an identity, clusters of four are none too small.
labeller = dict(image=_base_.text_clusterer)
default_hooks = dict(pseudo_labels=dict(labeller=labeller))
