import json
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from mmengine.hooks import CheckpointHook

from cpcl_mm.engine.hooks import FinalTestHook


@pytest.fixture
def runner(tmp_path):
    checkpoint = CheckpointHook(save_best='t2i/mAP', rule='greater')
    return SimpleNamespace(
        cfg={'test_dataloader': {}},
        hooks=[checkpoint],
        logger=Mock(),
        load_checkpoint=Mock(),
        test_loop=Mock(run=Mock(return_value={'t2i/mAP': 61.2})),
        train_dataloader=SimpleNamespace(dataset=SimpleNamespace()),
        work_dir=str(tmp_path),
    )


def test_the_checkpoint_that_validation_chose_is_loaded_and_tested(runner):
    runner.hooks[0].best_ckpt_path = 'best_t2i_mAP_epoch_3.pth'
    FinalTestHook().after_train(runner)
    runner.load_checkpoint.assert_called_once_with('best_t2i_mAP_epoch_3.pth', map_location='cpu')
    runner.test_loop.run.assert_called_once_with()


def test_the_scores_are_in_a_file_of_their_own(runner, tmp_path):
    runner.hooks[0].best_ckpt_path = 'best_t2i_mAP_epoch_3.pth'
    FinalTestHook().after_train(runner)
    assert json.loads((tmp_path / 'test_scores.json').read_text()) == {'t2i/mAP': 61.2}


def test_the_share_of_noisy_pairs_is_beside_the_scores(runner, tmp_path):
    runner.hooks[0].best_ckpt_path = None
    runner.train_dataloader.dataset.noisy_share = 0.2
    FinalTestHook().after_train(runner)
    scores = json.loads((tmp_path / 'test_scores.json').read_text())
    assert scores == {'t2i/mAP': 61.2, 'train/noisy_pairs': 0.2}


@pytest.mark.parametrize('best', [None, 'missing'])
def test_without_a_best_checkpoint_the_last_weights_are_tested_and_the_log_says_so(runner, best):
    if best is None:
        runner.hooks[0].best_ckpt_path = None
    FinalTestHook().after_train(runner)
    runner.load_checkpoint.assert_not_called()
    assert 'Testing the last weights' in runner.logger.info.call_args[0][0]
    runner.test_loop.run.assert_called_once_with()


def test_scores_of_a_checkpoint_that_the_test_split_chose_are_best_on_test(runner, tmp_path):
    split = {'dataset': {'type': 'ICFGPEDES', 'split': 'test'}}
    runner.cfg |= {'val_dataloader': split, 'test_dataloader': split}
    runner.hooks[0].best_ckpt_path = 'best_t2i_mAP_epoch_3.pth'
    FinalTestHook().after_train(runner)
    scores = json.loads((tmp_path / 'test_scores.json').read_text())
    assert scores == {'best on test/t2i/mAP': 61.2}
    assert 'best on test' in runner.logger.warning.call_args[0][0]


def test_of_several_checkpoints_the_first_that_validation_and_that_the_test_chose(runner, tmp_path):
    runner.hooks[0].best_ckpt_path_dict = {
        't2i/mAP': 'a.pth',
        't2i/R@1': 'b.pth',
        'test/t2i/mAP': 'c.pth',
    }
    runner.test_loop.run.side_effect = [{'t2i/mAP': 60.0}, {'t2i/mAP': 62.0}]
    FinalTestHook().after_train(runner)
    assert [call.args[0] for call in runner.load_checkpoint.call_args_list] == ['a.pth', 'c.pth']
    scores = json.loads((tmp_path / 'test_scores.json').read_text())
    assert scores == {'t2i/mAP': 60.0, 'best on test/t2i/mAP': 62.0}
    line = 't2i/mAP 60.00, best on test/t2i/mAP 62.00'
    assert line in runner.logger.info.call_args[0][0]


def test_without_a_test_set_nothing_happens(runner):
    runner.cfg['test_dataloader'] = None
    FinalTestHook().after_train(runner)
    runner.test_loop.run.assert_not_called()
