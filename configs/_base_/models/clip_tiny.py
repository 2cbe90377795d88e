# The towers of a CLIP small enough for a CPU core, trained from scratch; a method adds its head.
model = dict(
    _scope_='cpcl_mm',  # for mmpretrain.get_model
    type='TextToImageRetriever',
    image_backbone=dict(type='CLIPImageTower', architecture='cpcl-tiny'),
    text_backbone=dict(type='CLIPTextTower', architecture='cpcl-tiny'),
)
