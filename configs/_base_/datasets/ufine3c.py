# UFine3C: 2,250 people, 7,446 images, 37,939 captions of several styles and lengths. It is a test
# split alone, and UFine6926 is trained on. --data-root would move both folders to one.
_base_ = 'ufine6926.py'
test_dataloader = dict(dataset=dict(type='UFine3C', data_root='data/UFine3C'))
