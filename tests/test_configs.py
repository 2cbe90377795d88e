"""Every config in ``configs/`` is complete: it builds, and its parts fit together."""

from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

from cpcl_mm.apis.config_check import check_types
from cpcl_mm.models.clip_architecture import get_clip_settings
from cpcl_mm.registry import HOOKS, METRICS, MODELS, TASK_UTILS, TOKENIZERS, TRANSFORMS

ROOT = Path(__file__).parents[1] / 'configs'
# Models of mmpretrain, which know no captions; tests/mix runs these configs.
IMAGES_ALONE = [
    'mix/clip_classifier_imagenet',
    'mix/clip_retriever_inshop',
    'mix/image_reid_resnet50_synthetic',
]
NAMES = [path.relative_to(ROOT).with_suffix('').as_posix() for path in ROOT.rglob('*.py')]
CONFIGS = sorted({name for name in NAMES if not name.startswith('_base_')} - {*IMAGES_ALONE})
ABLATION = 'ablation'


@pytest.fixture(params=CONFIGS)
def cfg(request, hub_cache, load_config):
    cfg = load_config(request.param)
    # Models of full size are built without memory for their weights, which mmpretrain's need.
    device = torch.device('cpu' if request.param.startswith('mix/') else 'meta')
    with DefaultScope.overwrite_default_scope(cfg.default_scope), device:
        yield cfg


def parts(cfg):
    """The parts of a run: without a val split there is no validation."""
    return [part for part in ('train', 'val', 'test') if cfg[f'{part}_cfg'] is not None]


def pretrains(cfg):
    """Whether this is the training of the small CLIP that others start from."""
    return cfg.train_dataloader.dataset.type == 'SyntheticCatalog'


def build_hooks(cfg):
    for hook in (*cfg.default_hooks.values(), *cfg.get('custom_hooks', [])):
        # mmpretrain's pictures need the visualizer of a Runner.
        if hook.type != 'VisualizationHook':
            HOOKS.build(hook)


def test_every_type_is_registered(cfg):
    check_types(cfg)


def test_model_hooks_metrics_and_pipelines_build(cfg):
    model = MODELS.build({**cfg.model, 'data_preprocessor': cfg.get('data_preprocessor')})
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) > 0
    build_hooks(cfg)
    for part in parts(cfg):
        for transform in cfg[f'{part}_dataloader'].dataset.pipeline:
            TRANSFORMS.build(transform)
    for part in parts(cfg)[1:]:
        METRICS.build(cfg[f'{part}_evaluator'])


@pytest.mark.parametrize('name', IMAGES_ALONE)
def test_a_config_of_images_alone_is_complete_and_builds(name, load_config):
    cfg = load_config(name)
    check_types(cfg)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        MODELS.build({**cfg.model, 'data_preprocessor': cfg.data_preprocessor})
        build_hooks(cfg)
        for part in ('train', 'val', 'test'):
            for transform in cfg[f'{part}_dataloader'].dataset.pipeline:
                TRANSFORMS.build(transform)
        for metric in (cfg.val_evaluator, cfg.test_evaluator):
            METRICS.build(metric[0] if isinstance(metric, list) else metric)


@pytest.mark.parametrize('name', IMAGES_ALONE[:2])
def test_a_config_of_mmpretrains_kind_imports_us_and_normalizes_for_clip(name, load_config):
    cfg = load_config(name)
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


def test_images_have_the_size_and_the_normalization_of_the_image_tower(cfg):
    backbone = cfg.model.image_backbone
    if backbone.type != 'CLIPImageTower':
        return
    height, width = MODELS.build(backbone).image_size
    for part in parts(cfg):
        on_image, *_ = cfg[f'{part}_dataloader'].dataset.pipeline
        steps = [*on_image.transforms, *on_image.transforms[-1].get('transforms', [])]
        transforms = {transform.type: transform for transform in steps}
        assert tuple(transforms['Resize'].scale) == (width, height)
        if part == 'train' and not pretrains(cfg):
            assert tuple(transforms['RandomCrop'].crop_size) == (height, width)
    settings = get_clip_settings(backbone.architecture, backbone.get('pretrained'))
    with torch.device('cpu'):
        preprocessor = MODELS.build(cfg.data_preprocessor)
    assert preprocessor.mean.flatten().tolist() == pytest.approx(settings.mean, abs=0.01)
    assert preprocessor.std.flatten().tolist() == pytest.approx(settings.std, abs=0.01)


def test_the_checkpoint_is_chosen_on_val_and_the_score_is_on_test(cfg):
    assert [cfg[f'{part}_dataloader'].dataset.split for part in parts(cfg)] == parts(cfg)
    if pretrains(cfg):  # for a target that must not choose
        assert cfg.default_hooks.checkpoint.save_best is None
    elif 'val' in parts(cfg):
        assert cfg.default_hooks.checkpoint.save_best in ('t2i/mAP', 't2i/R@1')
    else:
        assert cfg.val_dataloader is cfg.val_evaluator is None


def test_a_resumed_run_draws_the_numbers_of_an_uninterrupted_one(cfg):
    hooks = cfg.default_hooks
    assert (hooks.epoch_seed.type, hooks.final_test.type) == ('EpochSeedHook', 'FinalTestHook')
    assert cfg.train_dataloader.worker_init_fn.type == 'cpcl_mm.seed_worker'
    assert not cfg.train_dataloader.persistent_workers


def test_hooks_of_ours_have_a_name_to_be_changed_by(cfg):
    without_a_name = [HOOKS.get(hook.type) for hook in cfg.get('custom_hooks', [])]
    assert not [kind for kind in without_a_name if kind.__module__.startswith('cpcl_mm')]
    assert ('pseudo_labels' in cfg.default_hooks) == ('labeller' in str(cfg.default_hooks))


def changed(one, other, key=''):
    """Dotted keys of the smallest parts of one kind in which two configs differ."""
    both = isinstance(one, dict) and isinstance(other, dict)
    if not both or one.get('type') != other.get('type'):
        return set() if one == other else {key}
    names = one.keys() | other.keys()
    return set().union(*(changed(one.get(n), other.get(n), f'{key}.{n}'.strip('.')) for n in names))


LABELLER = 'default_hooks.pseudo_labels.labeller'
HEAD = 'model.head'


@pytest.mark.parametrize(
    ('name', 'base', 'keys'),
    [
        ('01_itc', 'itc/clip_itc_synthetic', {f'{HEAD}.losses.itc.loss_weight'}),
        (
            '01_itc',
            'cpcl_synthetic',
            {HEAD, 'default_hooks.pseudo_labels', 'optim_wrapper.optimizer.lr'},
        ),
        ('06_oplm', 'cpcl_synthetic', set()),
        ('05_hcm', 'ablation/06_oplm', {f'{LABELLER}.refine'}),
        ('04_pmm', 'ablation/05_hcm', {f'{HEAD}.weights.cross', f'{HEAD}.weights.hybrid'}),
        ('03_sdm_pseudo', 'ablation/04_pmm', {f'{HEAD}.instance', f'{HEAD}.weights.intra'}),
        ('07_oplm_no_threshold', 'cpcl_synthetic', {f'{LABELLER}.refine'}),
        ('08_image_centered', 'cpcl_synthetic', {LABELLER}),
        ('09_true_identities', 'cpcl_synthetic', {LABELLER}),
        (
            '10_true_identities_of_images',
            'cpcl_synthetic',
            {f'{LABELLER}.image', f'{LABELLER}.refine'},
        ),
        (
            '11_true_identities_of_captions',
            'cpcl_synthetic',
            {f'{LABELLER}.text', f'{LABELLER}.refine'},
        ),
    ],
)
def test_a_row_differs_from_another_config_in_its_labeller_or_its_terms_alone(
    name, base, keys, load_config
):
    row, other = load_config(f'{ABLATION}/{name}'), load_config(base)
    # Names of parts, which nothing but the config itself reads.
    for cfg in (row, other):
        for part in ('clusterer', 'labeller', 'title'):
            cfg.pop(part, None)
    assert changed(row.to_dict(), other.to_dict()) == keys


CPCL = {'instance', 'intra', 'cross'}


@pytest.mark.parametrize(
    ('name', 'labeller', 'refiners', 'terms'),
    [
        ('01_itc', None, [], {'itc'}),
        ('03_sdm_pseudo', 'PerModality', [], {'instance'}),
        ('04_pmm', 'PerModality', [], {'instance', 'intra'}),
        ('05_hcm', 'PerModality', [], CPCL),
        ('06_oplm', 'PerModality', ['OutlierMining'], CPCL),
        ('07_oplm_no_threshold', 'PerModality', ['OutlierMining'], CPCL),
        ('08_image_centered', 'ImageClusters', [], CPCL),
        ('09_true_identities', 'TrueIdentities', [], CPCL),
        ('10_true_identities_of_images', 'PerModality', [], CPCL),
        ('11_true_identities_of_captions', 'PerModality', [], CPCL),
    ],
)
def test_a_row_has_the_labeller_and_the_terms_of_its_name(
    name, labeller, refiners, terms, load_config
):
    cfg = load_config(f'{ABLATION}/{name}')
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        head = MODELS.build(cfg.model.head)
        hook = cfg.default_hooks.get('pseudo_labels')
        built = hook and TASK_UTILS.build(hook.labeller)
    assert head.losses.keys() == terms
    instance = head.losses['itc' if labeller is None else 'instance']
    assert instance.loss_weight == 0.5
    assert type(instance.loss).__name__ == ('SDMLoss' if name == '03_sdm_pseudo' else 'ITCLoss')
    assert (built and type(built).__name__) == labeller
    assert [type(refiner).__name__ for refiner in getattr(built, 'refiners', [])] == refiners
    if refiners:
        assert built.refiners[0].threshold == (-1 if name == '07_oplm_no_threshold' else 0.7)


def test_every_row_of_the_ablation_has_a_title_of_its_own(load_config):
    rows = [name for name in CONFIGS if name.startswith(ABLATION)]
    assert len({load_config(name).title for name in rows}) == len(rows)


def test_the_longer_baseline_ends_its_schedule_with_its_last_epoch(load_config):
    cfg, shorter = (load_config(f'{ABLATION}/{name}') for name in ('02_itc_equal_time', '01_itc'))
    assert cfg.train_cfg.max_epochs > shorter.train_cfg.max_epochs
    # Without an end of its own: the Runner takes the last epoch.
    assert cfg.param_scheduler[-1].keys().isdisjoint({'end', 'T_max'})
