"""Prediction of masked words from the image."""

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from open_clip.transformer import QuickGELU, Transformer
from torch import Tensor, nn

from cpcl_mm.registry import MODELS

from ..pair_batch import PairBatch
from .batch_loss import BatchLoss


@MODELS.register_module()
class MaskedTokenLoss(BatchLoss):
    r"""Masked language modeling through a cross-modal transformer, IRRA's (arXiv 2303.12501).

    The words :math:`w` of a masked caption attend to the patches :math:`p` of its image, go through
    a transformer, and at every masked place a classifier names the word that was there:

    .. math::
        h = \mathrm{Transformer}(\mathrm{Attention}(
            \mathrm{LN}(w), \mathrm{LN}'(p), \mathrm{LN}'(p))) \qquad
        L = -\frac{1}{M} \sum_m \log \mathrm{softmax}(\mathrm{MLP}(\mathrm{LN}(h_m)))_{y_m}

    Reads ``image_tokens`` and ``masked_text_tokens``, and ``masked_labels`` of ``MaskTokens`` in
    the pipeline. Its modules are for training alone: a model for searching is without them.

    Args:
        vocab_size (int): Ids of the tokenizer. Defaults to 49,408, CLIP's.
        dim (int): Size of a token. Defaults to 512, CLIP ViT-B/16's.
        layers (int): Layers of the transformer. Defaults to 4.
        heads (int): Heads of attention. Defaults to 8.
        **kwargs: ``loss_weight`` and ``start_epoch`` of :class:`BatchLoss`.
    """

    tokens = ('image', 'masked_text')

    def __init__(
        self,
        vocab_size: int = 49408,
        dim: int = 512,
        layers: int = 4,
        heads: int = 8,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.norm_text, self.norm_image = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.cross_attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.transformer = Transformer(dim, layers, heads, act_layer=QuickGELU)
        self.head = nn.Sequential(
            nn.LayerNorm(dim),
            nn.Linear(dim, dim),
            QuickGELU(),
            nn.LayerNorm(dim),
            nn.Linear(dim, vocab_size),
        )
        self._init(dim, layers)

    def _init(self, dim: int, layers: int) -> None:
        """Draw weights as CLIP does."""
        within, out = dim**-0.5, (2 * layers * dim) ** -0.5
        for block in self.transformer.resblocks:
            nn.init.normal_(block.mlp.c_fc.weight, std=(2 * dim) ** -0.5)
            nn.init.normal_(block.mlp.c_proj.weight, std=out)
        for attention in (self.cross_attention, *(x.attn for x in self.transformer.resblocks)):
            nn.init.normal_(attention.in_proj_weight, std=within)
            nn.init.normal_(attention.out_proj.weight, std=out)
        dense, classifier = (x for x in self.head if isinstance(x, nn.Linear))
        nn.init.normal_(dense.weight, std=(2 * dim) ** -0.5)
        nn.init.normal_(classifier.weight, std=out)

    def forward(self, batch: PairBatch, memories: Mapping[str, Any]) -> Tensor:
        """Predict what was masked; 0 with a gradient of 0 where nothing was."""
        words = self.norm_text(batch.features['masked_text_tokens'])
        patches = self.norm_image(batch.features['image_tokens'])
        read, _ = self.cross_attention(words, patches, patches, need_weights=False)
        labels = batch.features['masked_labels']
        # Only those go to the classifier: the logits of all words of a batch would be a gigabyte.
        logits = self.head(self.transformer(read)[labels >= 0])
        total = F.cross_entropy(logits, labels[labels >= 0], reduction='sum')
        return total / max(len(logits), 1)
