"""Pictures of data sets and results."""

from .attention_sheet import AttentionMap, draw_attention_sheet
from .cluster_sheet import draw_cluster_sheet
from .contact_sheet import Card, draw_contact_sheet
from .label_curves import draw_label_curves
from .ranked_sheet import draw_ranked_sheet

__all__ = [
    'AttentionMap',
    'Card',
    'draw_attention_sheet',
    'draw_cluster_sheet',
    'draw_contact_sheet',
    'draw_label_curves',
    'draw_ranked_sheet',
]
