"""What is known about the pseudo labels of an epoch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

from .labels import MODALITIES, Labels
from .quality import clustering_quality, mining_quality
from .samples import Samples

_SHOWN = {
    'purity': 'purity',
    'nmi': 'NMI',
    'ari': 'ARI',
    'mined_right_share': 'mined right',
    'confidence': 'confidence',
}


@dataclass(frozen=True)
class ModalityReport:
    """The labels of one modality.

    Attributes:
        clusters: Number of clusters.
        outliers: Number of samples without a label.
        outlier_share: The same as a share of all samples, 0 to 1.
        outliers_before: Outliers before the labels were refined.
        mined: Number of outliers that got a label by mining.
        purity: Share of labelled samples with their cluster's majority identity; None, as the
            following, where no identity is known.
        nmi: Normalized mutual information of clusters and identities.
        ari: Adjusted Rand index of clusters and identities.
        mined_right_share: Share of mined labels that are right; None where nothing was mined.
        confidence: Mean confidence of the labels, None where all are trusted fully; of captions
            whose pairs may be noisy, the share of clean ones.
    """

    clusters: float
    outliers: float
    outlier_share: float
    outliers_before: float
    mined: float = 0.0
    purity: float | None = None
    nmi: float | None = None
    ari: float | None = None
    mined_right_share: float | None = None
    confidence: float | None = None

    def __str__(self) -> str:
        known = {name: getattr(self, key) for key, name in _SHOWN.items()}
        scores = [f', {name} {value:.3f}' for name, value in known.items() if value is not None]
        outliers = f'outliers {self.outliers_before:.0f} -> {self.outliers:.0f}'
        return f'{self.clusters:.0f} clusters, {outliers}' + ''.join(scores)


@dataclass(frozen=True)
class LabelReport:
    """The labels of an epoch.

    Attributes:
        epoch: The epoch that is trained with the labels, from 1.
        modalities: A report by modality, ``'image'`` and ``'text'``.
        seconds: Wall-clock seconds of each stage.

    Examples:
        >>> from cpcl_mm.pseudo_labels import LabelReport, ModalityReport
        >>> image = ModalityReport(3, outliers=4, outlier_share=0.4, outliers_before=9, purity=0.75)
        >>> print(LabelReport(1, {'image': image}, {'extract': 1.26}))
        image 3 clusters, outliers 9 -> 4, purity 0.750; 1.3 s
    """

    epoch: int
    modalities: Mapping[str, ModalityReport]
    seconds: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [f'{modality} {report}' for modality, report in self.modalities.items()]
        return '; '.join([*parts, f'{sum(self.seconds.values()):.1f} s'])

    def scalars(self) -> dict[str, float]:
        """Give what is known by flat names, such as ``image/clusters`` and ``seconds/refine``."""
        named = {
            f'{modality}/{key}': value
            for modality, report in self.modalities.items()
            for key, value in asdict(report).items()
            if value is not None
        }
        return named | {f'seconds/{stage}': value for stage, value in self.seconds.items()}

    @classmethod
    def from_scalars(cls, epoch: int, scalars: Mapping[str, float]) -> 'LabelReport':
        """Build a report from what :meth:`scalars` gave; names that are not known are left out."""
        groups: dict[str, dict[str, float]] = {name: {} for name in (*MODALITIES, 'seconds')}
        for name, value in scalars.items():
            group, _, key = name.partition('/')
            groups.get(group, {})[key] = value
        known = {entry.name for entry in fields(ModalityReport)}
        modalities = {
            modality: ModalityReport(**{k: v for k, v in groups[modality].items() if k in known})
            for modality in MODALITIES
            if groups[modality]
        }
        return cls(epoch, modalities, groups['seconds'])


def report_labels(
    epoch: int, labels: Labels, samples: Samples, seconds: Mapping[str, float]
) -> LabelReport:
    """Judge the labels of an epoch, from 1, by true identities where they are known.

    ``seconds`` are those of stages beside those of the labels.
    """
    modalities = {}
    for modality, new in labels.of.items():
        old, identities = labels.before.get(modality, new), samples.identities_of(modality)
        known = identities if (identities >= 0).any() else None
        scores = clustering_quality(new, known) | {'outliers_before': float((old < 0).sum())}
        if modality in labels.mined:
            scores |= mining_quality(old, new, labels.mined[modality], known)
        if modality in labels.confidence:
            scores['confidence'] = float(labels.confidence[modality].mean())
        modalities[modality] = ModalityReport(**scores)
    return LabelReport(epoch, modalities, {**seconds, **labels.seconds})
