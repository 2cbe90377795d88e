"""Every config in ``configs/`` is complete: it builds, and its parts fit together."""

from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from cpcl_mm.apis.config_check import check_types
from cpcl_mm.apis.ladder.summary import RUNGS
from cpcl_mm.registry import HOOKS, METRICS, MODELS, TOKENIZERS, TRANSFORMS

ROOT = Path(__file__).parents[1] / 'configs'
CONFIGS = sorted(path for path in ROOT.rglob('*.py') if '_base_' not in path.parts)
LADDER = ROOT / 'synthetic_ladder'


@pytest.fixture(params=CONFIGS, ids=lambda path: str(path.relative_to(ROOT).with_suffix('')))
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


def labels_hook(cfg):
    return next((dict(hook) for hook in cfg.custom_hooks if hook.type == 'PseudoLabelHook'), None)


@pytest.mark.parametrize(
    ('name', 'refiner', 'terms'),
    [
        ('itc', None, {'instance', 'intra', 'cross'}),
        ('sdm_pseudo', 'KeepLabels', {'instance'}),
        ('pmm', 'KeepLabels', {'instance', 'intra'}),
        ('hcm', 'KeepLabels', {'instance', 'intra', 'cross'}),
        ('oplm', 'OutlierMining', {'instance', 'intra', 'cross'}),
        ('image_centred', 'ImageCentredLabels', {'instance', 'intra', 'cross'}),
        ('true_identities', 'TrueIdentities', {'instance', 'intra', 'cross'}),
    ],
)
def test_a_rung_differs_from_cpcl_in_its_refiner_and_its_terms_alone(name, refiner, terms):
    whole, rung = (
        Config.fromfile(ROOT / 'cpcl_synthetic.py'),
        Config.fromfile(LADDER / f'{name}.py'),
    )
    assert {term for term, weight in rung.model.head.weights.items() if weight} == terms
    assert rung.model.head.instance.type == ('SDMLoss' if name == 'sdm_pseudo' else 'ITCLoss')
    found, expected = labels_hook(rung), labels_hook(whole)
    assert found == (None if refiner is None else expected | {'refiner': {'type': refiner}})
    for cfg in (whole, rung):
        cfg.custom_hooks = [hook for hook in cfg.custom_hooks if hook.type != 'PseudoLabelHook']
        for key in ('weights', 'instance'):
            cfg.model.head.pop(key)
    assert rung.to_dict() == whole.to_dict()


def test_the_ladder_has_a_name_for_every_config():
    assert set(RUNGS) == {path.stem for path in LADDER.glob('*.py')}


def test_the_longer_baseline_ends_its_schedule_with_its_last_epoch():
    cfg = Config.fromfile(LADDER / 'itc_equal_time.py')
    epochs = cfg.train_cfg.max_epochs
    cosine = cfg.param_scheduler[-1]
    assert epochs > Config.fromfile(LADDER / 'itc.py').train_cfg.max_epochs
    assert (cosine.end, cosine.begin + cosine.T_max) == (epochs, epochs)
