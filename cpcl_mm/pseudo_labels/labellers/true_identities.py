"""True identities for labels."""

from cpcl_mm.registry import TASK_UTILS

from ..labels import Labels
from ..samples import Samples
from .labeller import Labeller


@TASK_UTILS.register_module()
class TrueIdentities(Labeller):
    """Take the true identities for labels: training with full supervision.

    Nothing is clustered, and no features are read. Images without an identity stay outliers. As
    the ``image`` or the ``text`` of :class:`PerModality` it shows what exact labels of one modality
    bring.
    """

    needs_identities = True

    def label(self, samples: Samples) -> Labels:
        """Read the identities of images and captions.

        Raises:
            ValueError: If none is known.
        """
        if (samples.identities < 0).all():
            raise ValueError(
                'TrueIdentities needs true identities, and this data set has none: choose another '
                'labeller, such as PerModality, or add the identities to the annotation file'
            )
        return Labels({m: samples.identities_of(m).astype(int) for m in ('image', 'text')})
