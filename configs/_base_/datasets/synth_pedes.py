# SYNTH-PEDES: generated captions, two or three an image.
_base_ = 'pretraining.py'
data_root = 'data/SYNTH-PEDES'  # or --data-root DIR
train_dataloader = dict(dataset=dict(type='SYNTHPEDES', data_root=data_root))
