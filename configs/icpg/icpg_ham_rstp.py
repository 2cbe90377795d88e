# ICPG on RSTPReid from person-pretrained CLIP, such as HAM's or NAM's: give its file by
# --weights FILE. Rate and batch are those that HAM's authors fine-tune with.
_base_ = ['icpg_rstp.py']
train_dataloader = dict(batch_size=128)
optim_wrapper = dict(optimizer=dict(lr=5e-6))
auto_scale_lr = dict(base_batch_size=128)
