# OpenAI's CLIP ViT-B/16 on images of 384 x 128, fine-tuned by plain image-text contrast.
# The one place to set the weights, and --weights FILE_OR_TAG sets them from the command line. A tag
# of open_clip is downloaded; a file needs no network.
pretrained = 'openai'
model = dict(
    type='TextToImageRetriever',
    image_backbone=dict(
        type='CLIPImageTower',
        # With the QuickGELU that OpenAI's weights were trained with.
        architecture='ViT-B-16-quickgelu',
        # 24 x 8 patches; the weights' 14 x 14 positions are interpolated as the peers do it.
        image_size=(384, 128),
        interpolation='bilinear',
        pretrained=pretrained,
    ),
    text_backbone=dict(
        type='CLIPTextTower', architecture='ViT-B-16-quickgelu', pretrained=pretrained
    ),
    head=dict(
        type='MatchingHead',
        losses=dict(
            itc=dict(type='InstanceLoss', loss=dict(type='ITCLoss', temperature=0.02)),
        ),
    ),
)
