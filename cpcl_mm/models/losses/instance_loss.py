"""Losses of images and captions as terms over a batch."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from torch import Tensor

from cpcl_mm.registry import MODELS

from ..pair_batch import PairBatch
from .batch_loss import BatchLoss


@MODELS.register_module()
class InstanceLoss(BatchLoss):
    """Any loss of ``(image, text, matches)`` on the pairs of a batch.

    Such losses are :class:`ITCLoss`, :class:`SDMLoss` and :class:`HardTripletLoss`. A pair matches
    itself and the other captions of its image; with pseudo labels also whatever is in one cluster
    with it. Outliers match their own image only.

    Args:
        loss (dict): Config of the loss.
        labels (Sequence[str], optional): Modalities whose labels make matches; ``()`` for none.
            Defaults to None: all that there are.
        text (str, optional): Name of the features of captions. Defaults to None: those of masked
            captions where the pipeline masks, else those of whole ones.
        outliers (str): Pairs that are outliers in every modality are kept, ``'keep'``, or take no
            part, ``'drop'``. Defaults to ``'keep'``.
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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if outliers not in ('keep', 'drop'):
            raise ValueError(f"outliers must be 'keep' or 'drop', not {outliers!r}")
        if isinstance(labels, str):
            raise ValueError(f'labels are a list of modalities, such as [{labels!r}]')
        self.loss = MODELS.build(loss)
        self.labels, self.text, self.outliers = labels, text, outliers

    def forward(self, batch: PairBatch, memories: Mapping[str, Any]) -> Tensor:
        """Compute the loss; 0 with a gradient of 0 where every pair is dropped."""
        if self.outliers == 'drop':
            whole, batch = batch, batch.labelled()
            if len(batch) == 0:
                return (whole.features['image'].sum() + whole.features['text'].sum()) * 0.0
        masked = 'masked_text' if 'masked_text' in batch.features else 'text'
        text = batch.features[self.text or masked]
        return self.loss(batch.features['image'], text, batch.matches(self.labels))
