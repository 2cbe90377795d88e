# The towers of OpenAI's CLIP ViT-B/16, for images of 384 x 128; a method adds its head.
architecture = 'ViT-B-16-quickgelu'  # with the QuickGELU that OpenAI's weights were trained with
pretrained = 'openai'  # or --weights FILE_OR_TAG: a file needs no network
model = dict(
    _scope_='cpcl_mm',  # for mmpretrain.get_model
    type='TextToImageRetriever',
    image_backbone=dict(
        type='CLIPImageTower',
        architecture=architecture,
        # 24 x 8 patches; the weights' 14 x 14 positions are interpolated as the peers do it.
        image_size=(384, 128),
        interpolation='bilinear',
        pretrained=pretrained,
    ),
    text_backbone=dict(type='CLIPTextTower', architecture=architecture, pretrained=pretrained),
)
