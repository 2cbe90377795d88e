# The towers of a CLIP small enough for a CPU core; a method adds its head. The weights come with
# the package: configs/itc/pretrain_synthetic.py made them, of drawings that are no pedestrians.
pretrained = 'cpcl_mm::weights/cpcl-tiny.safetensors'
model = dict(
    _scope_='cpcl_mm',  # for mmpretrain.get_model
    type='TextToImageRetriever',
    image_backbone=dict(type='CLIPImageTower', architecture='cpcl-tiny', pretrained=pretrained),
    text_backbone=dict(type='CLIPTextTower', architecture='cpcl-tiny', pretrained=pretrained),
)
