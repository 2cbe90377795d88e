"""The public data sets, as constants: where each is from and its size is in docs/datasets.md."""

from cpcl_mm.registry import DATASETS

from .public_dataset import ALL, REID_FILES, PublicDataset, PublishedCounts


@DATASETS.register_module()
class CUHKPEDES(PublicDataset):
    """CUHK-PEDES (CVPR 2017): images of five older data sets, mostly with two captions each."""

    public_name = 'CUHK-PEDES'
    sources = ('CUHK03', 'Market-1501', 'SSM', 'VIPeR', 'CUHK01')
    ann_files = ('reid_raw.json', 'caption_all.json', REID_FILES)
    mark = r'/(cam_[ab]|CUHK0[13]|Market|(train|test)_query)/'
    published = {
        'train': PublishedCounts(11_003, 34_054, 68_126, captions_in_papers=68_108),
        'val': PublishedCounts(1_000, 3_078, 6_158),
        'test': PublishedCounts(1_000, 3_074, 6_156),
    }
    advice = {
        'split': 'Some copies of caption_all.json come without splits. Only the published ones '
        'make scores comparable, and reid_raw.json has them: put it beside, and it is read first.',
    }


@DATASETS.register_module()
class ICFGPEDES(PublicDataset):
    """ICFG-PEDES (arXiv 2107.12666): images of MSMT17 with one long caption each.

    Paths begin with ``train/`` or ``test/`` as MSMT17 divided them, which says nothing here: only
    the key ``split`` counts. There is no val split, so the checkpoint of a run is its last one.
    """

    public_name = 'ICFG-PEDES'
    sources = ('MSMT17',)
    ann_files = ('ICFG-PEDES.json', 'ICFG_PEDES.json', REID_FILES)
    mark = r'/(train|test)/\d+/'
    published = {
        'train': PublishedCounts(3_102, 34_674, 34_674),
        'test': PublishedCounts(1_000, 19_848, 19_848),
    }
    advice = {
        'val': 'ICFG-PEDES is published without one. Train without validation (tools/train.py '
        '--no-validate, or val_cfg = val_dataloader = val_evaluator = None), and the last '
        "checkpoint is tested; or give some people of train the split 'val' in a copy of the file.",
    }


@DATASETS.register_module()
class RSTPReid(PublicDataset):
    """RSTPReid (ACM MM 2021): five images of each person from MSMT17, each with two captions."""

    public_name = 'RSTPReid'
    sources = ('MSMT17',)
    ann_files = ('data_captions.json', REID_FILES)
    mark = r'/\d+_c\d+_\d+\.[^/]+$'
    published = {
        'train': PublishedCounts(3_701, 18_505, 37_010),
        'val': PublishedCounts(200, 1_000, 2_000),
        'test': PublishedCounts(200, 1_000, 2_000),
    }


@DATASETS.register_module()
class UFine6926(PublicDataset):
    """UFine6926 (CVPR 2024): two captions of about 80 words an image, so CLIP's 77 tokens cut."""

    public_name = 'UFine6926'
    ann_files = ('UFine6926_Annotations.json', 'UFine6926.json')
    image_folder = ''
    mark = r'/images/\d+\.[^/]+$'
    published = {ALL: PublishedCounts(6_926, 26_206, 52_412)}


@DATASETS.register_module()
class UFine3C(PublicDataset):
    """UFine3C (CVPR 2024): a test split alone, of several domains, styles and lengths."""

    public_name = 'UFine3C'
    ann_files = ('UFine3C_Annotations.json',)
    image_folder = ''
    mark = r'/images/\d+\.[^/]+$'
    published = {'test': PublishedCounts(2_250, 7_446, 37_939)}


@DATASETS.register_module()
class TAGPEDES(PublicDataset):
    """TAG-PEDES (AAAI 2026): aerial and ground views with generated captions; no val split."""

    public_name = 'TAG-PEDES'
    ann_files = ({'train': 'train_reid.json', 'test': 'test_reid.json'},)
    published = {ALL: PublishedCounts(6_840, 28_206)}


@DATASETS.register_module()
class PRWTPSCN(PublicDataset):
    """PRW-TPS-CN (arXiv 2312.14834): crops of PRW with Chinese captions."""

    public_name = 'PRW-TPS-CN'
    sources = ('PRW',)
    ann_files = ('prw_cn_caption_crops.json',)


@DATASETS.register_module()
class AERIPEDES(PublicDataset):
    """AERI-PEDES (CVPR 2026): people seen by drones.

    ``complete_caption.json`` is all of it; ``train_caption.json`` is the sample of its train split
    that its authors train on: ``ann_file=dict(train='train_caption.json')``.
    """

    public_name = 'AERI-PEDES'
    ann_files = ('complete_caption.json',)
    published = {ALL: PublishedCounts(4_659, 144_548)}


@DATASETS.register_module()
class SYNTHPEDES(PublicDataset):
    """SYNTH-PEDES (arXiv 2305.08386): for pretraining; all of it is the split train."""

    public_name = 'SYNTH-PEDES'
    ann_files = ({'train': 'synthpedes_dataset.json'},)
    image_folder = ''
    mark = r'/Part\d+/\d+/[^/]+$'


@DATASETS.register_module()
class LUPersonMLLM(PublicDataset):
    """LUPerson-MLLM (CVPR 2024): a million images of LUPerson, for pretraining; a map.

    Its authors give out four maps, of two models and two kinds of instruction. Another one is
    ``ann_file=dict(train='Td-qwen.json')``.
    """

    public_name = 'LUPerson-MLLM'
    sources = ('LUPerson',)
    ann_files = ({'train': 'Ts-qwen.json'},)


@DATASETS.register_module()
class HAMPEDES(PublicDataset):
    """HAM-PEDES (CVPR 2025): a million images of SYNTH-PEDES, for pretraining; a map."""

    public_name = 'HAM-PEDES'
    sources = ('SYNTH-PEDES',)
    ann_files = ({'train': 'caption.json'},)
    image_folder = ''


@DATASETS.register_module()
class WebPerson(PublicDataset):
    """WebPerson (EMNLP 2025): one or five million images of the web, for pretraining; maps.

    Their names are for you to give: ``ann_file=dict(train='FILE')``.
    """

    public_name = 'WebPerson'
    ann_files = ()
