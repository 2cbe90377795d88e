# HAM-PEDES: a million images of SYNTH-PEDES, captions in the styles of human annotators.
_base_ = 'pretraining.py'
data_root = 'data/HAM-PEDES'  # or --data-root DIR
train_dataloader = dict(dataset=dict(type='HAMPEDES', data_root=data_root))
