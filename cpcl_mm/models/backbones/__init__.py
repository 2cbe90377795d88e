"""CLIP towers as backbones."""

from .clip_image_tower import CLIPImageTower
from .clip_text_tower import CLIPTextTower
from .clip_tower import CLIPTower

__all__ = ['CLIPImageTower', 'CLIPTextTower', 'CLIPTower']
