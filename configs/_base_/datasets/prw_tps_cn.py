# PRW-TPS-CN: crops of PRW with Chinese captions.
_base_ = 'pedes_without_val.py'
data_root = 'data/PRW-TPS-CN'  # or --data-root DIR
data = dict(type='PRWTPSCN', data_root=data_root)
train_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
