# CLIP pretrained on WebPerson by plain image-text contrast.
_base_ = ['../_base_/methods/itc.py', '../_base_/datasets/webperson.py']
train_cfg = dict(max_epochs=10)
