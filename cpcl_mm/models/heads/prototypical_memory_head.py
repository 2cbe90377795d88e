"""CPCL's head, as a preset."""

from collections.abc import Mapping
from typing import Any, Literal

from cpcl_mm.registry import MODELS

from .matching_head import MatchingHead

TERMS = {
    'instance': (),
    'intra': (('image', 'image'), ('text', 'text')),
    'cross': (('text', 'image'), ('image', 'text')),
    'hybrid': (('image', 'hybrid'), ('text', 'hybrid')),
}
"""The pairs of a feature and a memory that a term contrasts; none for the instance loss."""


@MODELS.register_module()
class PrototypicalMemoryHead(MatchingHead):
    r"""CPCL's losses and memories (arXiv 2401.10011), by a few settings.

    A :class:`MatchingHead` with a :class:`PrototypeMemory` of images and one of captions, whose
    losses are

    - ``instance``: an instance loss on the pairs, where images and captions of one cluster match;
    - ``intra``: contrast with the prototypes of the own modality, see :class:`PrototypeLoss`;
    - ``cross``: contrast with the prototypes of the other modality, by the label of the partner;
    - ``hybrid``: contrast with one :class:`HybridPrototypeMemory`. Off by default.

    The weights are not published; the defaults are 1, as the sum in the paper suggests.

    Args:
        instance (dict): Config of the instance loss. Defaults to SDM.
        weights (dict[str, float], optional): Weights of the four terms; a term of weight 0 is not
            computed. Defaults to 1 for each, and 0 for ``hybrid``.
        memory (dict, optional): ``momentum`` and ``mode`` of :class:`PrototypeMemory`, and the
            ``temperature`` of the contrast with it.
        outliers (str): As for :class:`InstanceLoss`. Defaults to ``'keep'``.
        losses (dict[str, dict], optional): Further losses by name; one with the name of a term
            takes its place. Defaults to None.
        init_cfg (dict, optional): Initialization config of mmengine. Defaults to None.

    Raises:
        ValueError: If a weight belongs to no term or a setting is out of its range.
    """

    def __init__(
        self,
        instance: dict | None = None,
        weights: dict[str, float] | None = None,
        memory: dict | None = None,
        outliers: Literal['keep', 'drop'] = 'keep',
        losses: Mapping[str, dict] | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        unknown = (weights or {}).keys() - TERMS.keys()
        if unknown:
            raise ValueError(f'weights for {sorted(unknown)}, but the terms are {tuple(TERMS)}')
        chosen = {**dict.fromkeys(TERMS, 1.0), 'hybrid': 0.0, **(weights or {})}
        settings, contrast = split_memory_settings(memory)
        terms = {
            term: dict(type='PrototypeLoss', pairs=pairs, loss_weight=chosen[term], **contrast)
            for term, pairs in TERMS.items()
            if pairs and chosen[term]
        }
        if chosen['instance']:
            loss = instance or dict(type='SDMLoss')
            matching = dict(loss=loss, outliers=outliers, loss_weight=chosen['instance'])
            terms = {'instance': dict(type='InstanceLoss', **matching), **terms}
        memories = _memories(settings, hybrid=bool(chosen['hybrid']))
        super().__init__({**terms, **(losses or {})}, memories, init_cfg)


def _memories(settings: dict[str, Any], hybrid: bool) -> dict[str, dict]:
    memories = {m: dict(type='PrototypeMemory', labels=m, **settings) for m in ('image', 'text')}
    if hybrid:
        memories['hybrid'] = dict(type='HybridPrototypeMemory', **settings)
    return memories


def split_memory_settings(memory: dict[str, Any] | None) -> tuple[dict, dict]:
    """Separate the settings of :class:`PrototypeMemory` from those of :class:`PrototypeLoss`."""
    settings = dict(memory or {})
    contrast = {key: settings.pop(key) for key in ('temperature',) if key in settings}
    return settings, contrast
