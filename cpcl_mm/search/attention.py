"""Where in an image a trained model sees what a sentence says."""

from collections.abc import Sequence

import torch

from cpcl_mm.models import CLIPImageTower
from cpcl_mm.models.backbones.tokens import patch_scores
from cpcl_mm.visualization import AttentionMap

from .encoder import ModelEncoder, prepare_query
from .images import Image


def attention_maps(encoder: ModelEncoder, image: Image, texts: Sequence[str]) -> list[AttentionMap]:
    """Map the patches of an image by how near they are to sentences, a map for each.

    What a score means is said by :func:`~cpcl_mm.models.backbones.tokens.patch_scores`. Raises
    ``ValueError`` if the image or a sentence cannot be used, or the model has no patches.
    """
    tower = _image_tower(encoder)
    features = torch.from_numpy(encoder.encode_texts(texts))
    prepared = prepare_query(encoder, image)
    pixels = encoder.collate([prepared])['image']
    maps = patch_scores(tower, pixels, features.to(pixels.device)).cpu().numpy()
    scores = encoder.encode_images([prepared])[0] @ features.numpy().T
    return [
        AttentionMap(text, values, float(score))
        for text, values, score in zip(texts, maps, scores, strict=True)
    ]


def _image_tower(encoder: ModelEncoder) -> CLIPImageTower:
    tower = getattr(encoder.model, 'image_backbone', None)
    if not isinstance(tower, CLIPImageTower) or encoder.model.image_neck is not None:
        raise ValueError(
            f'{encoder.source} has no CLIPImageTower without a neck, whose patches can be compared '
            'with sentences; of an exported model, take the checkpoint'
        )
    return tower
