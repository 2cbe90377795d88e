"""A checkpoint says, as data, what it was trained on, what chose it, and its noisy pairs."""

import re

import pytest
import torch

from cpcl_mm.datasets import CUHKPEDES, ICFGPEDES, RSTPReid
from cpcl_mm.engine.checkpoint_origin import CheckpointOrigin, is_same_data, read_origin

CONFIG = """
train_dataloader = dict(dataset=dict(type='{train}', data_root='data/x', split='train'))
val_dataloader = dict(dataset=dict(type='{val}', split='{split}'))
test_dataloader = dict(dataset=dict(type='{val}', split='test'))
optim_wrapper = exec('not read')
default_hooks = dict(checkpoint=dict(save_best={save_best!r}))
"""
ON_TEST = dict(type='cpcl_mm.RSTPReid', split='test', data_root='elsewhere')


@pytest.fixture
def checkpoint(tmp_path):
    """A function that writes a checkpoint with the text of a config."""

    def write(
        name='best_t2i_mAP_epoch_3.pth', train='RSTPReid', val='RSTPReid', split='val', best='mAP'
    ):
        text = CONFIG.format(train=train, val=val, split=split, save_best=best)
        meta = dict(cfg=text, dataset_meta=dict(noisy_share=0.2))
        torch.save(dict(state_dict={}, meta=meta), tmp_path / name)
        return tmp_path / name

    return write


def test_training_data_and_noise_are_read(checkpoint):
    origin = read_origin(checkpoint(train='mmengine.ICFGPEDES'))
    assert origin.trained_on == (ICFGPEDES,)
    assert origin.noisy_share == 0.2
    assert origin.name_scores({'t2i/R@1': 50.0}, ON_TEST) == {
        't2i/R@1': 50.0,
        'train/noisy_pairs': 0.2,
    }


@pytest.mark.parametrize(
    ('name', 'split', 'is_best_on_test'),
    [
        ('best_t2i_mAP_epoch_3.pth', 'val', False),
        ('best_t2i_mAP_epoch_3.pth', 'test', True),
        ('renamed.pth', 'test', True),
        ('epoch_3.pth', 'test', False),
        ('best_test_t2i_mAP_epoch_3.pth', 'val', True),
    ],
)
def test_scores_are_best_on_test_where_the_test_split_chose(
    checkpoint, name, split, is_best_on_test
):
    origin = read_origin(checkpoint(name, split=split))
    named = origin.name_scores({'t2i/R@1': 50.0}, ON_TEST)
    assert ('best on test/t2i/R@1' in named) == is_best_on_test
    assert ('t2i/R@1' in named) != is_best_on_test


@pytest.mark.parametrize('name', ['renamed.pth', 'best_t2i_mAP_epoch_3.pth'])
def test_a_renamed_checkpoint_may_be_the_one_that_the_test_split_chose(checkpoint, name):
    origin = read_origin(checkpoint(name, best=['t2i/mAP', 'test/t2i/mAP']))
    named = origin.name_scores({'t2i/R@1': 50.0}, ON_TEST)
    assert ('best on test/t2i/R@1' in named) == (name == 'renamed.pth')


def test_hooks_that_are_no_plain_values_do_not_hide_the_data(tmp_path):
    text = CONFIG.format(train='RSTPReid', val='RSTPReid', split='test', save_best='mAP')
    text = text.replace('dict(checkpoint=', 'dict(other=print, checkpoint=')
    torch.save(dict(state_dict={}, meta=dict(cfg=text)), tmp_path / 'renamed.pth')
    origin = read_origin(tmp_path / 'renamed.pth')
    assert origin.trained_on == (RSTPReid,)
    assert is_same_data(origin.chosen_on, ON_TEST)


def test_on_another_data_set_they_are_not(checkpoint):
    origin = read_origin(checkpoint(split='test'))
    assert 't2i/R@1' in origin.name_scores({'t2i/R@1': 50.0}, dict(ON_TEST, type='ICFGPEDES'))


def test_data_of_no_public_name_is_the_same_where_folder_and_settings_are():
    one = dict(type='SyntheticPedes', split='test', data_root='a/draw')
    assert is_same_data(one, dict(one, data_root='b/draw', pipeline=[]))
    assert not is_same_data(one, dict(one, data_root='a/other'))
    assert not is_same_data(one, dict(one, settings=dict(seed=1)))
    assert not is_same_data(dict(one, split='val'), one)
    assert not is_same_data(None, one)


@pytest.mark.parametrize(
    ('trained', 'tested', 'message'),
    [
        (ICFGPEDES, 'RSTPReid', 'RSTPReid and ICFG-PEDES, .* both cut from MSMT17'),
        (RSTPReid, 'cpcl_mm.ICFGPEDES', 'ICFG-PEDES and RSTPReid, .* both cut from MSMT17'),
        (RSTPReid, 'RSTPReid', None),
        (CUHKPEDES, 'RSTPReid', None),
        (CUHKPEDES, 'SyntheticPedes', None),
    ],
)
def test_people_of_training_may_be_in_the_test(trained, tested, message):
    found = CheckpointOrigin((trained,)).overlap(dict(type=tested))
    assert (found is None) if message is None else re.search(message, found)


def test_wrapped_data_sets_count(tmp_path):
    inner = "dict(type='ICFGPEDES'), dict(type='Repeat', dataset=dict(type='CUHKPEDES'))"
    text = f"train_dataloader = dict(dataset=dict(type='ConcatDataset', datasets=[{inner}]))"
    torch.save(dict(meta=dict(cfg=text)), tmp_path / 'a.pth')
    assert read_origin(tmp_path / 'a.pth').trained_on == (ICFGPEDES, CUHKPEDES)


@pytest.mark.parametrize(
    'meta',
    [None, {}, dict(cfg='train_dataloader = exit()'), dict(dataset_meta=dict(noisy_share=7))],
)
def test_a_file_that_does_not_say_is_of_unknown_origin(tmp_path, meta):
    torch.save(dict(state_dict={}, meta=meta), tmp_path / 'a.pth')
    assert read_origin(tmp_path / 'a.pth') == CheckpointOrigin()
