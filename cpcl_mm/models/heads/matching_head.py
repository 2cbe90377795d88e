"""The head: losses over a batch of pairs, and memories that follow it."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from mmengine.logging import MessageHub
from mmengine.model import BaseModule
from mmpretrain.structures import DataSample
from torch import Tensor, nn

from cpcl_mm.pseudo_labels import Labels, Samples
from cpcl_mm.registry import MODELS

from ..gather import gather, gather_with_grad
from ..losses import BatchLoss
from ..memories import Memory
from ..pair_batch import PairBatch
from .label_table import LabelTable

Named = dict[str, Tensor]


@MODELS.register_module()
class MatchingHead(BaseModule):
    """Sums losses over the pairs of all ranks; memories follow the features after every step.

    A method is a choice of losses, of memories and of a labeller, see ``docs/new_method.md``.
    Pseudo labels come from :class:`~cpcl_mm.engine.hooks.PseudoLabelHook`; before them every label
    is -1. Labels and memories are no part of ``state_dict``: :meth:`epoch_state` has them.

    Args:
        losses (dict[str, dict]): Configs of :class:`BatchLoss` by name; the log has them as
            ``loss_<name>``.
        memories (dict[str, dict], optional): Configs of :class:`Memory` by the name that losses
            call them by. Defaults to None.
        init_cfg (dict, optional): Initialization config of mmengine. Defaults to None.

    Raises:
        TypeError: If one of the losses is no :class:`BatchLoss`.
        ValueError: If there are no losses, or one reads a memory that is not there.

    Examples:
        >>> import torch
        >>> from cpcl_mm.models import MatchingHead
        >>> from mmpretrain.structures import DataSample
        >>> head = MatchingHead({'itc': dict(type='InstanceLoss', loss=dict(type='ITCLoss'))})
        >>> pairs = [DataSample(metainfo=dict(image_index=i, caption_index=i)) for i in range(3)]
        >>> head.loss({'image': torch.eye(3), 'text': torch.eye(3)}, pairs).keys()
        dict_keys(['loss_itc'])
    """

    def __init__(
        self,
        losses: Mapping[str, dict],
        memories: Mapping[str, dict] | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.losses = nn.ModuleDict({name: MODELS.build(cfg) for name, cfg in losses.items()})
        self.memories = nn.ModuleDict(
            {name: MODELS.build(cfg) for name, cfg in (memories or {}).items()}
        )
        _check_parts(dict(self.losses.items()), dict(self.memories.items()))
        self.table = LabelTable()

    @property
    def labels(self) -> Named:
        """Int64 pseudo labels of the whole training set, by modality; empty before the first."""
        return self.table.labels

    @property
    def needs(self) -> frozenset[str]:
        """Modalities whose features of the whole training set the memories are rebuilt from."""
        return frozenset().union(*(memory.needs for _, memory in self._memories()))

    @property
    def tokens(self) -> frozenset[str]:
        """Inputs of which a loss reads projected tokens."""
        return frozenset(name for loss in self._losses() for name in loss.tokens)

    def set_labels(self, labels: Labels, samples: Samples, device: torch.device) -> None:
        """Take the labels of an epoch and rebuild the memories.

        Args:
            labels (Labels): Of the whole training set.
            samples (Samples): With the features of the modalities in :attr:`needs`.
            device (torch.device): Where the model is.

        Raises:
            ValueError: If a memory follows labels that there are none of, or a loss cannot learn
                from them.
        """
        for loss in self._losses():
            loss.check_labels(labels)
        for name, memory in self._memories():
            if memory.labels not in labels.of:
                raise ValueError(
                    f'memory {name!r} follows labels of {memory.labels!r}, and the labeller gives '
                    f'those of {sorted(labels.of)}: choose another labeller, or leave it out'
                )
        self.table = LabelTable.of(labels, device)
        for _, memory in self._memories():
            memory.rebuild(labels, samples, device)

    def epoch_state(self) -> dict[str, Any]:
        """Give labels and memories on the CPU, for the checkpoint of a run that may be resumed."""
        cpu = torch.device('cpu')
        memories = {name: _moved(memory.state, cpu) for name, memory in self._memories()}
        return {**self.table.to(cpu).kinds, 'memories': memories, 'kinds': self._kinds()}

    def load_epoch_state(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Go on with labels and memories of :meth:`epoch_state`.

        Raises:
            ValueError: If the memories are others.
        """
        if state['kinds'] != self._kinds():
            raise ValueError(
                f'the checkpoint holds memories {state["kinds"]}, and the head has '
                f'{self._kinds()}: resume with the config of the checkpoint, or start from its '
                'weights by load_from instead of resume'
            )
        self.table = LabelTable({kind: state[kind] for kind in LabelTable.FILL}).to(device)
        for name, memory in self._memories():
            memory.state = _moved(state['memories'][name], device)

    def loss(self, features: Named, data_samples: list[DataSample]) -> Named:
        """Compute the losses on the gathered batch, then let the memories follow it.

        Args:
            features (dict[str, Tensor]): ``image`` and ``text``, L2-normalized (B, D), and others
                of this rank, see :class:`PairBatch`.
            data_samples (list[DataSample]): B samples with ``image_index`` and, unless there are
                images alone, ``caption_index``.

        Returns:
            dict[str, Tensor]: Scalars by ``loss_<name>``, the same on every rank. A loss that has
            not started is 0.

        Raises:
            ValueError: If the labels belong to another data set.
        """
        # Mixed precision is for the towers: similarities over a temperature of 0.02 reach 50, where
        # bfloat16 counts in steps of a quarter.
        with torch.autocast(features['image'].device.type, enabled=False):
            batch = self._batch(features, data_samples)
            result = {f'loss_{name}': self._term(name, batch) for name in self.losses}
            with torch.no_grad():
                for _, memory in self._memories():
                    memory.follow(batch)
        return result

    def _batch(self, features: Named, data_samples: list[DataSample]) -> PairBatch:
        """Gather the pairs of all ranks, and look their labels up."""
        numbers = torch.tensor(
            [(one.image_index, one.get('caption_index', -1)) for one in data_samples]
        )
        self.table.check(_index(numbers))
        index = _index(gather(numbers.to(features['image'].device, non_blocking=True)))
        gathered = {name: _gather(x) for name, x in features.items()}
        found = self.table.look_up(index)
        return PairBatch(gathered, index, **found, has_labels=bool(self.labels))

    def _term(self, name: str, batch: PairBatch) -> Tensor:
        loss: Any = self.losses[name]
        # Without any gradient, parameters break data-parallel training: those of a loss that has
        # nothing to compare, and those of a tower that only a later loss trains.
        idle = sum(parameter.sum() for parameter in loss.parameters()) * 0.0
        if loss.start_epoch and _epoch() < loss.start_epoch:
            floating = (x.sum() for x in batch.features.values() if x.is_floating_point())
            return sum(floating) * 0.0 + idle
        value = loss(batch, self.memories)
        if not isinstance(value, Tensor) or value.ndim:
            got = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise TypeError(f'loss {name!r} must give a scalar tensor, not {got}')
        return loss.loss_weight * value + idle

    def _kinds(self) -> dict[str, str]:
        """Class names of the memories."""
        return {name: type(memory).__name__ for name, memory in self._memories()}

    def _losses(self) -> Iterable[BatchLoss]:
        return self.losses.values()  # type: ignore[return-value]

    def _memories(self) -> Iterable[tuple[str, Memory]]:
        return self.memories.items()  # type: ignore[return-value]


def _check_parts(losses: Mapping[str, Any], memories: Mapping[str, Any]) -> None:
    """Refuse parts that the head cannot call."""
    if not losses:
        raise ValueError('a head without losses trains nothing: give it at least one')
    for name, memory in memories.items():
        if not isinstance(memory, Memory):
            raise TypeError(f'memory {name!r} is a {type(memory).__name__}, which is no Memory')
    for name, loss in losses.items():
        _check_loss(name, loss, memories)


def _check_loss(name: str, loss: Any, memories: Mapping[str, Any]) -> None:
    kind = type(loss).__name__
    if isinstance(loss, Memory):
        raise TypeError(f'loss {name!r} is a {kind}, a memory: move it to memories')
    if not isinstance(loss, BatchLoss):
        raise TypeError(
            f'loss {name!r} is a {kind}, which reads images and captions, no batch: wrap it, '
            f"dict(type='InstanceLoss', loss=dict(type={kind!r}))"
        )
    for names in (loss.memories, loss.tokens):
        if isinstance(names, str):
            raise TypeError(f'{kind} says {names!r} where a tuple of names belongs: ({names!r},)')
    unknown = set(loss.memories) - set(memories)
    if unknown:
        raise ValueError(
            f'loss {name!r} reads memories {sorted(unknown)}, and the head has '
            f'{sorted(memories)}: add them to memories'
        )


def _index(numbers: Tensor) -> Named:
    """Name the columns of (B, 2)."""
    return {'image': numbers[:, 0], 'text': numbers[:, 1]}


def _gather(x: Tensor) -> Tensor:
    return gather_with_grad(x) if x.is_floating_point() else gather(x)


def _moved(tensors: Mapping[str, Tensor], device: torch.device) -> Named:
    return {name: x.to(device) for name, x in tensors.items()}


def _epoch() -> int:
    """Give the epoch that mmengine's Runner is in, from 0."""
    return MessageHub.get_current_instance().get_info('epoch', 0)
