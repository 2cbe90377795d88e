# Adapters of a frozen CLIP on RSTPReid, with UP-Person's settings.
_base_ = ['../_base_/methods/lora.py', '../_base_/datasets/rstp_reid.py']
train_dataloader = dict(batch_size=128)
