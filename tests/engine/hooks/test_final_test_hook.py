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


def test_without_a_test_set_nothing_happens(runner):
    runner.cfg['test_dataloader'] = None
    FinalTestHook().after_train(runner)
    runner.test_loop.run.assert_not_called()
