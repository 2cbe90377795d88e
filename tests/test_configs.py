"""Every config in ``configs/`` is complete: it builds, and its parts fit together."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from cpcl_mm.apis.config_check import check_types
from cpcl_mm.apis.ladder.summary import RUNGS
from cpcl_mm.models.clip_settings import get_clip_settings
from cpcl_mm.registry import HOOKS, METRICS, MODELS, TOKENIZERS, TRANSFORMS

ROOT = Path(__file__).parents[1] / 'configs'
# Models of mmpretrain, which know no captions; tests/mix runs these configs.
IMAGES_ALONE = [
    ROOT / 'mix' / f'{name}.py'
    for name in (
        'clip_classifier_imagenet',
        'clip_retriever_inshop',
        'image_reid_resnet50_synthetic',
    )
]
CONFIGS = sorted(
    path for path in ROOT.rglob('*.py') if '_base_' not in path.parts and path not in IMAGES_ALONE
)
LADDER = ROOT / 'synthetic_ladder'


@pytest.fixture(params=CONFIGS, ids=lambda path: str(path.relative_to(ROOT).with_suffix('')))
def cfg(request, hub_cache):
    cfg = Config.fromfile(request.param)
    # Models of full size are built without memory for their weights, which mmpretrain's need.
    device = torch.device('cpu' if 'mix' in request.param.parts else 'meta')
    with DefaultScope.overwrite_default_scope(cfg.default_scope), device:
        yield cfg


def parts(cfg):
    """The parts of a run: without a val split there is no validation."""
    return [part for part in ('train', 'val', 'test') if cfg[f'{part}_cfg'] is not None]


def test_every_type_is_registered(cfg):
    check_types(cfg)


def test_model_hooks_metrics_and_pipelines_build(cfg):
    model = MODELS.build({**cfg.model, 'data_preprocessor': cfg.get('data_preprocessor')})
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) > 0
    for hook in cfg.custom_hooks:
        HOOKS.build(hook)
    for part in parts(cfg):
        for transform in cfg[f'{part}_dataloader'].dataset.pipeline:
            TRANSFORMS.build(transform)
    for part in parts(cfg)[1:]:
        METRICS.build(cfg[f'{part}_evaluator'])


@pytest.mark.parametrize('path', IMAGES_ALONE, ids=lambda path: path.stem)
def test_a_config_of_images_alone_is_complete_and_builds(path):
    cfg = Config.fromfile(path)
    check_types(cfg)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        MODELS.build({**cfg.model, 'data_preprocessor': cfg.data_preprocessor})
        for hook in cfg.get('custom_hooks', []):
            HOOKS.build(hook)
        for part in ('train', 'val', 'test'):
            for transform in cfg[f'{part}_dataloader'].dataset.pipeline:
                TRANSFORMS.build(transform)
        for metric in (cfg.val_evaluator, cfg.test_evaluator):
            METRICS.build(metric[0] if isinstance(metric, list) else metric)


@pytest.mark.parametrize('name', ['clip_classifier_imagenet', 'clip_retriever_inshop'])
def test_a_config_of_mmpretrains_kind_imports_us_and_normalises_for_clip(name):
    cfg = Config.fromfile(ROOT / 'mix' / f'{name}.py')
    assert cfg.default_scope == 'mmpretrain'
    assert cfg.custom_imports.imports == ['cpcl_mm']
    tower = cfg.model.get('backbone') or cfg.model.image_encoder[0]
    settings = get_clip_settings(tower.architecture, tower.pretrained)
    assert tuple(cfg.data_preprocessor.mean) == pytest.approx(settings.mean, abs=0.01)
    assert tuple(cfg.data_preprocessor.std) == pytest.approx(settings.std, abs=0.01)


def test_the_tokenizer_fits_the_text_tower(cfg):
    tower = MODELS.build(cfg.model.text_backbone)
    tokenizer = TOKENIZERS.build(cfg.tokenizer)
    assert tokenizer.vocab_size <= tower.vocab_size
    assert tokenizer.context_length == tower.context_length


def test_images_have_the_size_and_the_normalisation_of_the_image_tower(cfg):
    backbone = cfg.model.image_backbone
    if backbone.type != 'CLIPImageTower':
        return
    height, width = MODELS.build(backbone).image_size
    for part in parts(cfg):
        on_image, *_ = cfg[f'{part}_dataloader'].dataset.pipeline
        transforms = {transform.type: transform for transform in on_image.transforms}
        assert tuple(transforms['Resize'].scale) == (width, height)
        assert part != 'train' or tuple(transforms['RandomCrop'].crop_size) == (height, width)
    settings = get_clip_settings(backbone.architecture, backbone.get('pretrained'))
    with torch.device('cpu'):
        preprocessor = MODELS.build(cfg.data_preprocessor)
    assert preprocessor.mean.flatten().tolist() == pytest.approx(settings.mean, abs=0.01)
    assert preprocessor.std.flatten().tolist() == pytest.approx(settings.std, abs=0.01)


def test_the_checkpoint_is_chosen_on_val_and_the_score_is_on_test(cfg):
    assert [cfg[f'{part}_dataloader'].dataset.split for part in parts(cfg)] == parts(cfg)
    save_best = cfg.default_hooks.checkpoint.save_best
    if 'val' in parts(cfg):
        assert save_best in ('t2i/mAP', 't2i/R@1')
    else:
        assert cfg.val_dataloader is cfg.val_evaluator is save_best is None


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
        ('oplm_no_threshold', 'OutlierMining', {'instance', 'intra', 'cross'}),
        ('image_centred', 'ImageCentredLabels', {'instance', 'intra', 'cross'}),
        ('true_identities', 'TrueIdentities', {'instance', 'intra', 'cross'}),
        ('true_identities_of_images', 'TrueIdentities', {'instance', 'intra', 'cross'}),
        ('true_identities_of_captions', 'TrueIdentities', {'instance', 'intra', 'cross'}),
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
    assert (found and found.pop('refiner').type) == refiner
    expected.pop('refiner')
    assert found in (None, expected)
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
