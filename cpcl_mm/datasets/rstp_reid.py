"""RSTPReid: Zhu et al., Deep Surroundings-person Separation Learning, ACM MM 2021."""

from cpcl_mm.registry import DATASETS

from .counts import PublishedCounts
from .public_dataset import PublicDataset


@DATASETS.register_module()
class RSTPReid(PublicDataset):
    """RSTPReid: five images of each person from MSMT17, each with two captions.

    A record has ``img_path``, ``captions``, ``id`` from 0 and ``split``. The arguments are those
    of :class:`~cpcl_mm.datasets.public_dataset.PublicDataset`.
    """

    public_name = 'RSTPReid'
    ann_files = ('data_captions.json',)
    image_key = 'img_path'
    published = {
        'train': PublishedCounts(3_701, 18_505, 37_010),
        'val': PublishedCounts(200, 1_000, 2_000),
        'test': PublishedCounts(200, 1_000, 2_000),
    }
