"""Every config in ``configs/`` is complete: it builds, and its parts fit together."""

from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from cpcl_mm.apis.config_check import check_types
from cpcl_mm.registry import HOOKS, METRICS, MODELS, TOKENIZERS, TRANSFORMS

CONFIGS = sorted(Path(__file__).parents[1].glob('configs/*.py'))


@pytest.fixture(params=CONFIGS, ids=lambda path: path.stem)
def cfg(request):
    cfg = Config.fromfile(request.param)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        yield cfg


def test_every_type_is_registered(cfg):
    check_types(cfg)


def test_model_hooks_metrics_and_pipelines_build(cfg):
    model = MODELS.build({**cfg.model, 'data_preprocessor': cfg.get('data_preprocessor')})
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) > 0
    for hook in cfg.custom_hooks:
        HOOKS.build(hook)
    for part in ('train', 'val', 'test'):
        for transform in cfg[f'{part}_dataloader'].dataset.pipeline:
            TRANSFORMS.build(transform)
    METRICS.build(cfg.val_evaluator)
    METRICS.build(cfg.test_evaluator)


def test_the_tokenizer_fits_the_text_tower(cfg):
    tower = MODELS.build(cfg.model.text_backbone)
    tokenizer = TOKENIZERS.build(cfg.tokenizer)
    assert tokenizer.vocab_size <= tower.vocab_size
    assert tokenizer.context_length == tower.context_length


def test_the_checkpoint_is_chosen_on_val_and_the_score_is_on_test(cfg):
    splits = [cfg[f'{part}_dataloader'].dataset.split for part in ('train', 'val', 'test')]
    assert splits == ['train', 'val', 'test']
    assert cfg.default_hooks.checkpoint.save_best in ('t2i/mAP', 't2i/R@1')


def test_a_resumed_run_draws_the_numbers_of_an_uninterrupted_one(cfg):
    assert {'EpochSeedHook', 'FinalTestHook'} <= {hook.type for hook in cfg.custom_hooks}
    assert cfg.train_dataloader.worker_init_fn.type == 'cpcl_mm.seed_worker'
    assert not cfg.train_dataloader.persistent_workers
