"""The head of plain image-text contrast: no pseudo labels, no memory."""

import torch
from mmengine.model import BaseModule
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from cpcl_mm.registry import MODELS

from ..utils import gather, gather_with_grad


@MODELS.register_module()
class InstanceMatchingHead(BaseModule):
    """Sums instance losses over the batch of all ranks.

    Args:
        losses (dict[str, dict]): Loss configs by name; the name appears in the log as
            ``loss_<name>``. Defaults to ITC alone.
        weights (dict[str, float], optional): Weights by name, 1 where not given.
        init_cfg (dict, optional): Initialisation config of mmengine. Defaults to None.

    Raises:
        ValueError: If a weight belongs to no loss.

    Examples:
        >>> import torch
        >>> from cpcl_mm.models import InstanceMatchingHead
        >>> from mmpretrain.structures import DataSample
        >>> head = InstanceMatchingHead({'itc': dict(type='ITCLoss', temperature=0.05)})
        >>> samples = [DataSample(metainfo=dict(image_index=i)) for i in range(3)]
        >>> head.loss(torch.eye(3), torch.eye(3), samples).keys()
        dict_keys(['loss_itc'])
    """

    def __init__(
        self,
        losses: dict[str, dict] | None = None,
        weights: dict[str, float] | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        losses = losses or {'itc': dict(type='ITCLoss')}
        self.weights = weights or {}
        unknown = self.weights.keys() - losses.keys()
        if unknown:
            raise ValueError(f'weights for {sorted(unknown)}, but the losses are {sorted(losses)}')
        self.losses = nn.ModuleDict({name: MODELS.build(loss) for name, loss in losses.items()})

    def loss(
        self,
        image: Tensor,
        text: Tensor,
        data_samples: list[DataSample],
        masked_text: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Compute every loss on the gathered batch.

        Args:
            image (Tensor): L2-normalised image features (B, D) of this rank.
            text (Tensor): L2-normalised caption features (B, D), row i the caption of image i.
            data_samples (list[DataSample]): B samples with ``image_index``. Two captions of one
                image match both.
            masked_text (Tensor, optional): Features (B, D) of the masked captions, which all
                losses read in the place of ``text``. Defaults to None.

        Returns:
            dict[str, Tensor]: Scalars, the same on every rank.
        """
        index = torch.tensor([sample.image_index for sample in data_samples], device=image.device)
        index = gather(index)
        image = gather_with_grad(image)
        text = gather_with_grad(text if masked_text is None else masked_text)
        matches = index[:, None] == index[None, :]
        return {
            f'loss_{name}': self.weights.get(name, 1.0) * loss(image, text, matches)
            for name, loss in self.losses.items()
        }
