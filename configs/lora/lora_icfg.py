# Adapters of a frozen CLIP on ICFG-PEDES, with UP-Person's settings.
_base_ = ['../_base_/methods/lora.py', '../_base_/datasets/icfg_pedes.py']
train_dataloader = dict(batch_size=128)
