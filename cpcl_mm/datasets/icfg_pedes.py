"""ICFG-PEDES: Ding et al., Semantically Self-Aligned Network, arXiv 2107.12666."""

from cpcl_mm.registry import DATASETS

from .counts import PublishedCounts
from .public_dataset import PublicDataset


@DATASETS.register_module()
class ICFGPEDES(PublicDataset):
    """ICFG-PEDES: images of MSMT17 with one long caption each.

    A record has ``file_path``, ``captions``, ``id`` from 0, ``split``, and sometimes
    ``processed_tokens``, which nothing here reads. Paths begin with ``train/`` or ``test/`` as
    MSMT17 divided them, which says nothing here: only ``split`` counts. There is no val split, so
    the checkpoint of a run is its last one. The arguments are those of
    :class:`~cpcl_mm.datasets.public_dataset.PublicDataset`.
    """

    public_name = 'ICFG-PEDES'
    ann_files = ('ICFG-PEDES.json', 'ICFG_PEDES.json')
    image_key = 'file_path'
    published = {
        'train': PublishedCounts(3_102, 34_674, 34_674),
        'test': PublishedCounts(1_000, 19_848, 19_848),
    }
    advice = {
        'val': 'ICFG-PEDES is published without one. Train without validation (tools/train.py '
        '--no-validate, or val_cfg = val_dataloader = val_evaluator = None), and the last '
        "checkpoint is tested; or give some people of train the split 'val' in a copy of the file.",
    }
