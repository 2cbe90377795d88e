"""CLIP towers as backbones."""

from .clip_image_tower import CLIPImageTower
from .clip_text_tower import CLIPTextTower
from .clip_tower import CLIPTower
from .conv_stem_vit import conv_stem_vit_tiny

__all__ = ['CLIPImageTower', 'CLIPTextTower', 'CLIPTower', 'conv_stem_vit_tiny']
