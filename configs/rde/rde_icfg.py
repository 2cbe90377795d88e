# RDE (CVPR 2024) on ICFG-PEDES; one token in five is masked or replaced, for both losses.
_base_ = ['../_base_/methods/rde.py', '../_base_/datasets/icfg_pedes.py']
masking = dict(
    type='MaskTokens', tokenizer=_base_.tokenizer, ratio=0.2, mask_share=0.6, random_share=0.2
)
pipeline = [*_base_.train_pipeline[:-1], masking, _base_.train_pipeline[-1]]
train_dataloader = dict(dataset=dict(pipeline=pipeline))
