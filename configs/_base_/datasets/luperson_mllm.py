# LUPerson-MLLM: a million images of LUPerson, captions by a multimodal model.
_base_ = 'pretraining.py'
data_root = 'data/LUPerson-MLLM'  # or --data-root DIR
train_dataloader = dict(dataset=dict(type='LUPersonMLLM', data_root=data_root))
