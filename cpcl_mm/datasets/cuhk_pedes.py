"""CUHK-PEDES: Li et al., Person Search with Natural Language Description, CVPR 2017."""

from cpcl_mm.registry import DATASETS

from .counts import PublishedCounts
from .public_dataset import PublicDataset


@DATASETS.register_module()
class CUHKPEDES(PublicDataset):
    """CUHK-PEDES: images of five older data sets, mostly with two captions each.

    A record has ``file_path`` (below ``cam_a``, ``cam_b``, ``CUHK01``, ``CUHK03``, ``Market``,
    ``test_query`` or ``train_query``), ``captions``, ``id`` from 1, ``split``, and sometimes
    ``processed_tokens``, which nothing here reads. The arguments are those of
    :class:`~cpcl_mm.datasets.public_dataset.PublicDataset`.
    """

    public_name = 'CUHK-PEDES'
    ann_files = ('reid_raw.json', 'caption_all.json')
    image_key = 'file_path'
    published = {
        'train': PublishedCounts(11_003, 34_054, 68_126, captions_in_papers=68_108),
        'val': PublishedCounts(1_000, 3_078, 6_158),
        'test': PublishedCounts(1_000, 3_074, 6_156),
    }
    advice = {
        'split': 'Some copies of caption_all.json come without splits. Only the published ones '
        'make scores comparable, and reid_raw.json has them: put it beside, and it is read first.',
    }
