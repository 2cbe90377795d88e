# CLIP pretrained on LUPerson-MLLM by plain image-text contrast.
_base_ = ['../_base_/methods/itc.py', '../_base_/datasets/luperson_mllm.py']
train_cfg = dict(max_epochs=10)
