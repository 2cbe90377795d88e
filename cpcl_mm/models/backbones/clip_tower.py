"""What the image tower and the text tower of a CLIP model have in common."""

import re
from abc import ABCMeta, abstractmethod
from functools import partial
from typing import Any

from mmengine.model import BaseModule
from mmengine.utils.dl_utils.parrots_wrapper import _BatchNorm
from open_clip.modified_resnet import ModifiedResNet
from open_clip.timm_model import TimmModel
from timm.models import group_parameters
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..clip_architecture import get_architecture
from ..clip_weights import Tower, load_into, load_tower_weights
from ..lora import add_lora
from .tokens import check_attention, encode_with_attention, encode_with_tokens

_BLOCK = re.compile(r'^transformer\.resblocks\.(\d+)\.')
_LAYER = re.compile(r'^layer(\d+)\.')
# What lies behind the last stage: never frozen, it is where a tower adapts first.
_HEAD = ('ln_post', 'proj', 'ln_final', 'text_projection', 'attnpool', 'attn_pool', 'cls_emb')


class CLIPTower(BaseModule, metaclass=ABCMeta):
    """One tower of an open_clip model, as a backbone.

    The open_clip module is :attr:`tower`; its parameter names stay open_clip's.

    Args:
        architecture (str | dict): Name of an open_clip architecture, or its model config.
        pretrained (str, optional): Weights file or open_clip weights tag, loaded by
            :meth:`init_weights`, which the Runner calls before training; a test that loads a
            checkpoint needs neither. Defaults to None: random weights, nothing is downloaded.
        frozen_stages (int): -1 freezes nothing, 0 the stem (patches and positions, or tokens and
            positions), k the first k stages as well. Defaults to -1.
        lora (dict, optional): Arguments of :func:`~cpcl_mm.models.lora.add_lora`, which freezes all
            weights and lets the blocks learn by low-rank changes. Defaults to None: the weights
            themselves learn.
        with_cp (bool): Trade time for memory by gradient checkpointing. Defaults to False.
        token_attention (bool): Give tokens, and how much the feature attends to each, before the
            feature: what :class:`~cpcl_mm.models.TokenSelection` reads. Defaults to False.
        init_cfg (dict, optional): Initialization config of mmengine. Defaults to None.
    """

    kind: Tower

    def __init__(
        self,
        architecture: str | dict[str, Any],
        pretrained: str | None = None,
        frozen_stages: int = -1,
        lora: dict[str, Any] | None = None,
        with_cp: bool = False,
        token_attention: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.architecture = architecture
        self.pretrained = pretrained
        self.frozen_stages = frozen_stages
        config = get_architecture(architecture)
        self.embed_dims: int = config['embed_dim']
        self.tower: Any = self._build(config)
        self._frozen_modules = self._freeze()
        self.lora = lora
        if lora is not None:
            add_lora(self.tower, **lora)
        if with_cp:
            self._checkpoint_gradients()
        self.token_attention = token_attention
        if token_attention:
            check_attention(self.tower, str(architecture))

    @abstractmethod
    def _build(self, config: dict[str, Any]) -> nn.Module:
        """Build the open_clip module from its model config."""

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Encode images (N, 3, H, W) or token ids (N, L).

        Returns:
            tuple[Tensor]: One tensor (N, embed_dims), not normalized; a tuple, as mmpretrain's
            necks and heads expect it. With ``token_attention``, tokens (N, P, embed_dims) and
            attention (N, P) before it, see
            :func:`~cpcl_mm.models.backbones.tokens.encode_with_attention`.
        """
        if self.token_attention:
            pooled, tokens, attention = encode_with_attention(self.tower, x, str(self.architecture))
            return tokens, attention, pooled
        out = self.tower(x)
        return (out[0] if isinstance(out, tuple) else out,)

    def forward_tokens(self, x: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """Encode as :meth:`forward`, and give projected tokens (N, P, embed_dims) beside it.

        Raises:
            ValueError: If the architecture has no tokens that its projection applies to.
        """
        if self.token_attention:
            out = self.forward(x)
            return out, out[0]
        pooled, tokens = encode_with_tokens(self.tower, x, str(self.architecture))
        return (pooled,), tokens

    def init_weights(self) -> None:
        """Load ``pretrained``, once.

        Raises:
            FileNotFoundError, ConnectionError, ValueError: See
                :func:`~cpcl_mm.models.clip_weights.load_tower_weights`. ValueError also if there is
                ``lora`` without ``pretrained``.
        """
        if self.is_init:
            return
        super().init_weights()
        if self.lora is not None and self.pretrained is None:
            raise ValueError(
                f'{type(self).__name__} has lora, which leaves its weights as they are, and no '
                'pretrained weights: set pretrained=..., or --weights FILE_OR_TAG'
            )
        if self.pretrained is not None:
            weights = load_tower_weights(self.pretrained, self.architecture, self.kind)
            load_into(self.tower, weights, self.pretrained, self._adapt)

    def _adapt(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Adapt pretrained weights to this tower's input size."""
        return weights

    def train(self, mode: bool = True) -> 'CLIPTower':
        """Switch the mode; batch norms of frozen stages stay in eval mode."""
        super().train(mode)
        for module in self._frozen_modules:
            module.eval()
        return self

    def _freeze(self) -> list[nn.Module]:
        """Take the gradient from the frozen stages; return their batch norms."""
        if self.frozen_stages < 0:
            return []
        stages = split_into_stages(self.tower)
        if self.frozen_stages >= len(stages):
            raise ValueError(
                f'frozen_stages={self.frozen_stages}, but {self.architecture!r} has a stem and '
                f'{len(stages) - 1} stages'
            )
        names = {name for stage in stages[: self.frozen_stages + 1] for name in stage}
        for name, parameter in self.tower.named_parameters():
            if name in names:
                parameter.requires_grad_(False)
        return [
            module
            for prefix, module in self.tower.named_modules()
            if isinstance(module, _BatchNorm) and f'{prefix}.weight' in names
        ]

    def _checkpoint_gradients(self) -> None:
        if isinstance(self.tower, ModifiedResNet):
            # open_clip accepts the call for this tower, and then does nothing.
            for layer in (getattr(self.tower, f'layer{number}') for number in range(1, 5)):
                # Reentrant, PyTorch's default, would lose the gradients behind a frozen stem.
                layer.forward = partial(checkpoint, layer.forward, use_reentrant=False)
        else:
            self.tower.set_grad_checkpointing(True)


def split_into_stages(tower: nn.Module) -> list[list[str]]:
    """Split a tower's parameters into the stem and the stages, in the order of computation.

    A stage is a block of a transformer, a layer of a ResNet or a layer group of a timm model; final
    norms, poolings and projections belong to none.
    """
    if isinstance(tower, TimmModel):
        groups = group_parameters(tower.trunk, tower.trunk.group_matcher(coarse=False))
        return [[f'trunk.{name}' for name in groups[key]] for key in sorted(groups)][:-1]
    pattern = _LAYER if isinstance(tower, ModifiedResNet) else _BLOCK
    offset = 0 if isinstance(tower, ModifiedResNet) else 1
    stages: dict[int, list[str]] = {0: []}
    for name, _ in tower.named_parameters():
        found = pattern.match(name)
        if found:
            stages.setdefault(int(found.group(1)) + offset, []).append(name)
        elif not name.startswith(_HEAD):
            stages[0].append(name)
    return [stages[key] for key in sorted(stages)]
