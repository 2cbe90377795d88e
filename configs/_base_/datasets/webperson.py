# WebPerson: five million images of the web, or a million, with two generated captions each.
_base_ = 'pretraining.py'
data_root = 'data/WebPerson'  # or --data-root DIR
# The name that you gave to the map from images to captions.
ann_file = dict(train='captions.json')
train_dataloader = dict(dataset=dict(type='WebPerson', data_root=data_root, ann_file=ann_file))
