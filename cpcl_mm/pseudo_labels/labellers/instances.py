"""Labels that number the images."""

import numpy as np

from cpcl_mm.registry import TASK_UTILS

from ..labels import Labels
from ..samples import Samples
from .labeller import Labeller


@TASK_UTILS.register_module()
class Instances(Labeller):
    """Give every image a label of its own, and its captions the same: nothing is grouped.

    A prototype memory that follows such labels is an instance memory: a row for each image. Labels
    never change, so that one labelling is enough: ``interval`` of the hook as large as the run is
    long.
    """

    def label(self, samples: Samples) -> Labels:
        """Count the images."""
        images = np.arange(len(samples.identities))
        return Labels({'image': images, 'text': images[samples.image_of_caption]})
