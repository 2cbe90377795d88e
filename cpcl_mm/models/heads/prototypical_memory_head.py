"""CPCL's head: instance loss, prototype contrast within and across modalities, memories."""

from typing import Literal

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmpretrain.structures import DataSample
from torch import Tensor

from cpcl_mm.registry import MODELS

from ..memories import PrototypeMemory
from ..utils import ResizableBuffers, gather, gather_with_grad
from .label_lookup import check_labelled, look_up_labels

Outliers = Literal['keep', 'drop']
TERMS = ('instance', 'intra', 'cross', 'hybrid')


@MODELS.register_module()
class PrototypicalMemoryHead(ResizableBuffers, BaseModule):
    r"""Hybrid cross-modal matching against prototypical multi-modal memories.

    CPCL (arXiv 2401.10011) learns from pseudo labels of images, :math:`y^v`, and of captions,
    :math:`y^t`, with one memory of cluster prototypes each, :math:`M^v` and :math:`M^t`. With
    :math:`\ell(f, M, k)` the contrast of :class:`PrototypeMemory` and :math:`(v, t)` a pair, the
    loss is the weighted sum of

    - ``instance``: an instance loss on the pairs, where images and captions of one cluster match;
    - ``intra``: :math:`\ell(v, M^v, y^v) + \ell(t, M^t, y^t)`;
    - ``cross``: :math:`\ell(t, M^v, y^v) + \ell(v, M^t, y^t)`. The label is the partner's, so the
      two label spaces are never aligned: an image cluster meets every text cluster that its pairs
      fall into, and the other way round;
    - ``hybrid``: the same against one memory that holds the mean of an image centroid and the text
      centroids that its pairs fall into. Off by default: CPCL's abstract only hints at it.

    The weights are not published; the defaults are 1, as the sum in the paper suggests. Labels and
    memories come from :meth:`set_pseudo_labels` and are buffers, so that a checkpoint holds them;
    before the first clustering only the instance loss is there.

    Args:
        instance (dict): Config of the instance loss. Defaults to SDM.
        weights (dict[str, float], optional): Weights of the four terms; a term of weight 0 is not
            computed. Defaults to 1 for each, and 0 for ``hybrid``.
        memory (dict, optional): Settings of :class:`PrototypeMemory`.
        outliers (str): Pairs whose image and caption are both outliers are kept for the instance
            loss, ``'keep'``, or take no part in any, ``'drop'``. Defaults to ``'keep'``.
        init_cfg (dict, optional): Initialisation config of mmengine. Defaults to None.

    Raises:
        ValueError: If a weight belongs to no term or a setting is out of its range.
    """

    # What it has labels of, for PseudoLabelHook.
    modalities = ('image', 'text')
    resizable_buffers = ('image_labels', 'text_labels')
    image_labels: Tensor
    text_labels: Tensor

    def __init__(
        self,
        instance: dict | None = None,
        weights: dict[str, float] | None = None,
        memory: dict | None = None,
        outliers: Outliers = 'keep',
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        unknown = (weights or {}).keys() - set(TERMS)
        if unknown:
            raise ValueError(f'weights for {sorted(unknown)}, but the terms are {TERMS}')
        if outliers not in ('keep', 'drop'):
            raise ValueError(f"outliers must be 'keep' or 'drop', not {outliers!r}")
        self.weights = {
            'instance': 1.0,
            'intra': 1.0,
            'cross': 1.0,
            'hybrid': 0.0,
            **(weights or {}),
        }
        self.outliers = outliers
        self.instance = MODELS.build(instance or dict(type='SDMLoss'))
        self.image_memory = PrototypeMemory(**(memory or {}))
        self.text_memory = PrototypeMemory(**(memory or {}))
        self.hybrid_memory = PrototypeMemory(**(memory or {}))
        self.register_buffer('image_labels', torch.zeros(0, dtype=torch.long))
        self.register_buffer('text_labels', torch.zeros(0, dtype=torch.long))

    def set_pseudo_labels(
        self,
        image_labels: Tensor,
        text_labels: Tensor,
        image_centroids: Tensor,
        text_centroids: Tensor,
        image_of_caption: Tensor,
    ) -> None:
        """Take the labels of a clustering and rebuild the memories.

        Args:
            image_labels (Tensor): Int64 (Nv,), -1 for outliers.
            text_labels (Tensor): Int64 (Nt,), -1 for outliers.
            image_centroids (Tensor): L2-normalised (Kv, D).
            text_centroids (Tensor): L2-normalised (Kt, D).
            image_of_caption (Tensor): Int64 (Nt,), the index of each caption's image.

        Raises:
            ValueError: If the centroids differ in D.
        """
        if image_centroids.shape[1] != text_centroids.shape[1]:
            raise ValueError(
                f'image features have {image_centroids.shape[1]} dimensions and caption features '
                f'{text_centroids.shape[1]}, so no image can be contrasted with a prototype of '
                'captions: bring both to one size by image_neck or text_neck'
            )
        device = self.image_labels.device
        self.image_labels = image_labels.to(device).clone()
        self.text_labels = text_labels.to(device).clone()
        self.image_memory.reset(image_centroids)
        self.text_memory.reset(text_centroids)
        if self.weights['hybrid']:
            image_of_pair = self.image_labels[image_of_caption.to(device)]
            self.hybrid_memory.reset(
                _hybrid_centroids(
                    self.image_memory.prototypes,
                    self.text_memory.prototypes,
                    image_of_pair,
                    self.text_labels,
                )
            )

    def loss(
        self,
        image: Tensor,
        text: Tensor,
        data_samples: list[DataSample],
        masked_text: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Compute the terms on the gathered batch, then update the memories with it.

        Args:
            image (Tensor): L2-normalised image features (B, D) of this rank.
            text (Tensor): L2-normalised caption features (B, D), row i the caption of image i.
            data_samples (list[DataSample]): B samples with ``image_index`` and ``caption_index``.
            masked_text (Tensor, optional): Features (B, D) of the masked captions, which the
                instance loss reads in the place of ``text``; prototypes and memories see whole
                captions. Defaults to None.

        Returns:
            dict[str, Tensor]: Scalars by ``loss_<term>``, the same on every rank.

        Raises:
            ValueError: If the labels belong to another data set, or the prototypes to features of
                another size.
        """
        indices = torch.tensor([(one.image_index, one.caption_index) for one in data_samples])
        check_labelled(indices[:, 0], self.image_labels, 'images')
        check_labelled(indices[:, 1], self.text_labels, 'captions')
        image_index, caption_index = gather(indices.to(image.device, non_blocking=True)).T
        image, text = gather_with_grad(image), gather_with_grad(text)
        instance_text = text if masked_text is None else gather_with_grad(masked_text)
        image_label = look_up_labels(self.image_labels, image_index)
        text_label = look_up_labels(self.text_labels, caption_index)
        losses = {
            'instance': lambda: self._instance_loss(
                image, instance_text, image_index, image_label, text_label
            ),
            'intra': lambda: (
                self.image_memory.contrast(image, image_label)
                + self.text_memory.contrast(text, text_label)
            ),
            'cross': lambda: (
                self.image_memory.contrast(text, image_label)
                + self.text_memory.contrast(image, text_label)
            ),
            'hybrid': lambda: (
                self.hybrid_memory.contrast(image, image_label)
                + self.hybrid_memory.contrast(text, image_label)
            ),
        }
        result = {f'loss_{term}': w * losses[term]() for term, w in self.weights.items() if w}
        self._update_memories(image.detach(), text.detach(), image_label, text_label)
        return result

    def _instance_loss(
        self,
        image: Tensor,
        text: Tensor,
        image_index: Tensor,
        image_label: Tensor,
        text_label: Tensor,
    ) -> Tensor:
        """Instance loss with many-to-many targets; outliers match their own image only."""
        if self.outliers == 'drop' and len(self.image_labels):
            kept = (image_label >= 0) | (text_label >= 0)
            if not kept.any():
                return (image.sum() + text.sum()) * 0.0
            image, text, image_index = image[kept], text[kept], image_index[kept]
            image_label, text_label = image_label[kept], text_label[kept]
        matches = _equal(image_index) | _equal(image_label) | _equal(text_label)
        return self.instance(image, text, matches)

    @torch.no_grad()
    def _update_memories(
        self, image: Tensor, text: Tensor, image_label: Tensor, text_label: Tensor
    ) -> None:
        """Apply one momentum update, from the batch of all ranks, to every memory."""
        self.image_memory.update(image, image_label)
        self.text_memory.update(text, text_label)
        if self.weights['hybrid']:
            self.hybrid_memory.update(image, image_label)
            self.hybrid_memory.update(text, image_label)


def _equal(labels: Tensor) -> Tensor:
    """Bool (B, B): the same label, where -1 equals nothing."""
    return (labels[:, None] == labels[None, :]) & (labels >= 0)[:, None]


def _hybrid_centroids(
    image_centroids: Tensor, text_centroids: Tensor, image_of_pair: Tensor, text_of_pair: Tensor
) -> Tensor:
    """Mean of each image centroid and of the text centroids that its pairs fall into: (Kv, D).

    Args:
        image_centroids (Tensor): (Kv, D).
        text_centroids (Tensor): (Kt, D).
        image_of_pair (Tensor): Int64 (Nt,), image label of each pair.
        text_of_pair (Tensor): Int64 (Nt,), text label of each pair.
    """
    linked = (image_of_pair >= 0) & (text_of_pair >= 0)
    image_label, text_label = image_of_pair[linked], text_of_pair[linked]
    text_sum = torch.zeros_like(image_centroids)
    if len(text_label):
        text_sum.index_add_(0, image_label, text_centroids[text_label])
    return F.normalize(image_centroids + F.normalize(text_sum, dim=-1), dim=-1)
