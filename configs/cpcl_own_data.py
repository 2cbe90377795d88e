# CPCL on your own images and captions, with the settings for RSTPReid: docs/own_data.md says how to
# write the captions down, and what to set by the number of images and captions.
_base_ = ['cpcl_rstp.py']
data_root = 'data/mine'
data = dict(type='ImageCaptionDataset', data_root=data_root, ann_file='captions.jsonl')
train_dataloader = dict(dataset=data)
val_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=data)
