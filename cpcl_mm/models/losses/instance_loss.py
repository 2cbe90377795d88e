"""Losses of images and captions as terms over a batch."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch.nn.functional as F
from torch import Tensor

from cpcl_mm.registry import MODELS

from ..pair_batch import PairBatch
from .batch_loss import BatchLoss


@MODELS.register_module()
class InstanceLoss(BatchLoss):
    """Any loss of ``(image, text, matches)`` on the pairs of a batch.

    Such losses are :class:`ITCLoss`, :class:`SDMLoss`, :class:`HardTripletLoss` and
    :class:`TALLoss`. A pair matches itself and the other captions of its image; with labels also
    whatever has the same one. Outliers match their own image only.

    Args:
        loss (dict): Config of the loss.
        labels (Sequence[str], optional): Modalities whose labels make matches; ``()`` for none.
            Defaults to None: all that there are.
        text (str, optional): Name of the features of captions. Defaults to None: those of masked
            captions where the pipeline masks, else those of whole ones.
        outliers (str): Pairs that are outliers in every modality are kept, ``'keep'``, or take no
            part, ``'drop'``. Defaults to ``'keep'``.
        weights (str, optional): Modality whose confidences weigh the pairs, for a
            :class:`PairLoss`. Defaults to None: pairs are equal.
        columns (tuple[int, int], optional): First and last column + 1 of the features to compare,
            where a feature is several embeddings side by side, such as those of
            :class:`TokenSelection`; scaled to unit length. Defaults to None: all.
        **kwargs: ``loss_weight`` and ``start_epoch`` of :class:`BatchLoss`.

    Raises:
        ValueError: If ``outliers`` is neither of the two, or ``labels`` is no list.

    Examples:
        .. code:: python

            losses = dict(itc=dict(type='InstanceLoss', loss=dict(type='ITCLoss')))
    """

    def __init__(
        self,
        loss: dict,
        labels: Sequence[str] | None = None,
        text: str | None = None,
        outliers: Literal['keep', 'drop'] = 'keep',
        weights: str | None = None,
        columns: tuple[int, int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if outliers not in ('keep', 'drop'):
            raise ValueError(f"outliers must be 'keep' or 'drop', not {outliers!r}")
        if isinstance(labels, str):
            raise ValueError(f'labels are a list of modalities, such as [{labels!r}]')
        self.loss = MODELS.build(loss)
        self.labels, self.text, self.outliers = labels, text, outliers
        self.weights, self.columns = weights, columns

    def forward(self, batch: PairBatch, memories: Mapping[str, Any]) -> Tensor:
        """Compute the loss; 0 with a gradient of 0 where every pair is dropped."""
        if self.outliers == 'drop':
            whole, batch = batch, batch.labelled()
            if len(batch) == 0:
                return (whole.features['image'].sum() + whole.features['text'].sum()) * 0.0
        masked = 'masked_text' if 'masked_text' in batch.features else 'text'
        image, text = batch.features['image'], batch.features[self.text or masked]
        if self.columns is not None:
            image, text = (F.normalize(x[:, slice(*self.columns)], dim=-1) for x in (image, text))
        # Losses of other packages need not know of weights.
        extra = {} if self.weights is None else {'weights': batch.weights.get(self.weights)}
        return self.loss(image, text, batch.matches(self.labels), **extra)
