"""A table of scores, and what to know of them."""

import pytest

from cpcl_mm.apis import load_run_config
from cpcl_mm.apis.cross_table import configs_on, cross_table, notes_on
from cpcl_mm.datasets import ICFGPEDES
from cpcl_mm.engine.checkpoint_origin import CheckpointOrigin


@pytest.fixture
def cfg(small_config):
    """The config of a small model."""
    return load_run_config(small_config())


def test_scores_that_the_test_split_chose_say_so():
    plain = {'t2i/R@1': 50.0, 't2i/R@5': 60, 't2i/R@10': 70, 't2i/mAP': 40, 't2i/mINP': 20.125}
    best = {f'best on test/{name}': score for name, score in plain.items()}
    table = cross_table({'A': plain, 'B': best, 'C': {'t2i/mAP': 1.0}})
    assert table[2:] == [
        '| A | 50.00 | 60.00 | 70.00 | 40.00 | 20.12 |',
        '| B (best on test) | 50.00 | 60.00 | 70.00 | 40.00 | 20.12 |',
        '| C | – | – | – | 1.00 | – |',
    ]


def test_a_data_set_of_another_class_gets_the_transforms_of_the_model(cfg):
    own = cfg.test_dataloader.dataset
    configs = configs_on(cfg, ['RSTPReid=here', 'CUHKPEDES'])
    rstp, cuhk = (each.test_dataloader.dataset for each in configs.values())
    assert [*configs] == ['RSTPReid', 'CUHK-PEDES']
    assert rstp == dict(
        type='RSTPReid', data_root='here', split='test', view='retrieval', pipeline=own.pipeline
    )
    assert 'data_root' not in cuhk
    assert len({each.work_dir for each in configs.values()}) == 2


def test_notes_name_older_data_sets_and_overlap(cfg):
    configs = configs_on(cfg, ['RSTPReid', 'CUHKPEDES', 'ImageCaptionDataset'])
    notes = notes_on(configs, CheckpointOrigin((ICFGPEDES,), noisy_share=0.2))
    assert notes[0] == 'RSTPReid is cut from MSMT17.'
    assert notes[1].startswith('WARNING: RSTPReid and ICFG-PEDES, which the checkpoint was trained')
    assert notes[2].startswith('CUHK-PEDES is cut from CUHK03, Market-1501, ')
    assert notes[3] == 'train/noisy_pairs: 0.200 of the training pairs were wrong.'
    assert 'is not known' in notes_on(configs, CheckpointOrigin())[-1]


def test_a_config_without_a_data_set_is_named(cfg, tmp_path):
    (tmp_path / 'none.py').write_text('a = 1')
    with pytest.raises(ValueError, match=r'none\.py: it has no test_dataloader'):
        configs_on(cfg, [str(tmp_path / 'none.py')])
