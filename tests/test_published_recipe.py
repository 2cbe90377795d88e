"""The configs of the public data sets say what the published recipe says."""

import numpy as np
import pytest
import torch
from mmengine.optim import CosineAnnealingLR, LinearLR, build_optim_wrapper
from mmengine.registry import DefaultScope
from sklearn.metrics import adjusted_rand_score

from cpcl_mm.kreciprocal import JaccardDBSCAN
from cpcl_mm.registry import DATASETS, MODELS, TASK_UTILS

SETS = {'cuhk': 'CUHKPEDES', 'icfg': 'ICFGPEDES', 'rstp': 'RSTPReid'}
KINDS = ('cpcl', 'clip_itc', 'clip_itc_masking', 'true_identities')
PEERS = dict(k1=30, k2=6, eps=0.6, min_samples=4)


@pytest.fixture(params=[f'{kind}_{data}' for kind in KINDS for data in SETS])
def cfg(request, load_config):
    with DefaultScope.overwrite_default_scope('cpcl_mm'):
        yield load_config(request.param)


def loaders(cfg):
    return [cfg[f'{part}_dataloader'] for part in ('train', 'val', 'test') if cfg[f'{part}_cfg']]


def labels_hook(cfg):
    return cfg.default_hooks.get('pseudo_labels')


def test_one_folder_and_one_name_of_weights_stand_at_the_top(cfg):
    data = SETS[cfg.filename.removesuffix('.py').split('_')[-1]]
    for loader in loaders(cfg):
        assert loader.dataset.type == data
        assert loader.dataset.data_root == cfg.data_root == DATASETS.get(data).default_root()
    towers = (cfg.model.image_backbone, cfg.model.text_backbone)
    assert {tower.pretrained for tower in towers} == {cfg.pretrained} == {'openai'}


def test_the_towers_are_openais_and_the_temperature_is_fixed(cfg):
    image, text, head = (cfg.model[key] for key in ('image_backbone', 'text_backbone', 'head'))
    assert image.architecture == text.architecture == 'ViT-B-16-quickgelu'
    assert image.interpolation == 'bilinear'
    loss = head.losses.itc.loss if head.type == 'MatchingHead' else head.instance
    assert loss == dict(type=loss.type, temperature=0.02)


@pytest.mark.parametrize('data', SETS)
def test_cpcl_sums_its_losses_and_has_the_memories_of_its_peers(data, load_config):
    head = load_config(f'cpcl_{data}').model.head
    assert head.instance.type == 'SDMLoss'
    assert head.weights == dict(instance=1, intra=1, cross=1)
    assert head.memory == dict(momentum=0.2, temperature=0.05)


def test_images_are_384_x_128_and_clustered_as_they_are_tested(cfg):
    assert cfg.model.image_backbone.image_size == (384, 128)
    hook = labels_hook(cfg)
    # Without a pipeline of its own, the hook takes that of the test data set.
    assert hook is None or 'pipeline' not in hook


def test_images_are_augmented_by_flips_padded_crops_and_erasing(cfg):
    flip, crop, erasing = cfg.train_dataloader.dataset.pipeline[0].transforms[2:]
    assert flip == dict(type='RandomFlip', prob=0.5)
    assert crop == dict(type='RandomCrop', crop_size=(384, 128), padding=10)
    area = erasing.erase_prob, erasing.min_area_ratio, erasing.max_area_ratio
    assert area == (0.5, 0.02, 0.4)
    mean = np.array(cfg.data_preprocessor['mean'])
    assert erasing.fill_color[::-1] == tuple(mean.round().astype(int))


def test_captions_are_masked_where_the_name_says_so_and_in_training_alone(cfg):
    masked = ['MaskTokens' in [step.type for step in x.dataset.pipeline] for x in loaders(cfg)]
    assert masked[0] == ('masking' in cfg.filename)
    assert not any(masked[1:])
    (mask,) = (step for step in cfg.masked_train_pipeline if step.type == 'MaskTokens')
    assert mask == dict(type='MaskTokens', tokenizer=cfg.tokenizer, ratio=0.15)


@pytest.mark.parametrize('data', SETS)
def test_the_consistency_is_dgcmias_and_the_rest_is_cpcls(data, load_config):
    cfg, plain, peer = (load_config(f'{x}_{data}') for x in ('cpcl_consistency', 'cpcl', 'dgcmia'))
    losses = cfg.model.head.pop('losses')
    assert losses.consistency == peer.model.head.losses.consistency
    assert losses.instance == dict(type='InstanceLoss', loss=plain.model.head.instance, text='text')
    assert cfg.model.encoders == peer.model.encoders
    assert cfg.model.head == plain.model.head
    assert cfg.train_dataloader.dataset.pipeline == peer.train_dataloader.dataset.pipeline
    for key in ('default_hooks', 'optim_wrapper', 'train_cfg', 'test_dataloader'):
        assert cfg[key] == plain[key]


def test_the_precision_is_that_of_the_machine(cfg):
    assert cfg.optim_wrapper.type == 'mixed_precision'


def test_a_batch_has_64_pairs_and_the_rate_scales_with_it(cfg):
    assert cfg.train_dataloader.batch_size == cfg.auto_scale_lr.base_batch_size == 64
    # Ranks gather equally large batches.
    assert cfg.train_dataloader.drop_last


@pytest.fixture(scope='module')
def wrapper(load_config):
    """CLIP ViT-B/16 with a neck of its own and its optimizer, without memory for the weights."""
    cfg = load_config('clip_itc_cuhk')
    cfg.model.text_neck = dict(type='LinearNeck', in_channels=512, out_channels=512)
    with DefaultScope.overwrite_default_scope('cpcl_mm'), torch.device('meta'):
        model = MODELS.build(cfg.model)
        wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = {
        names[id(parameter)]: group
        for group in wrapper.optimizer.param_groups
        for parameter in group['params']
    }
    return wrapper, groups


def test_the_optimizer_is_adam_with_a_large_epsilon(wrapper):
    optimizer = wrapper[0].optimizer
    assert type(optimizer) is torch.optim.Adam
    assert optimizer.defaults['lr'] == 1e-5
    assert optimizer.defaults['betas'] == (0.9, 0.999)
    assert optimizer.defaults['eps'] == 1e-3


@pytest.mark.parametrize(
    ('parameter', 'rate', 'decay'),
    [
        ('image_backbone.tower.transformer.resblocks.0.mlp.c_fc.weight', 1e-5, 4e-5),
        ('image_backbone.tower.transformer.resblocks.0.mlp.c_fc.bias', 2e-5, 0),
        ('image_backbone.tower.transformer.resblocks.0.attn.in_proj_bias', 2e-5, 0),
        ('text_backbone.tower.ln_final.bias', 2e-5, 0),
        ('text_backbone.tower.ln_final.weight', 1e-5, 4e-5),
        ('image_backbone.tower.positional_embedding', 1e-5, 4e-5),
        ('text_neck.fc.weight', 5e-5, 4e-5),
    ],
)
def test_biases_learn_twice_as_fast_without_decay_and_new_modules_five_times(
    wrapper, parameter, rate, decay
):
    group = wrapper[1][parameter]
    assert group['lr'] == pytest.approx(rate)
    assert group['weight_decay'] == pytest.approx(decay)


def test_the_rate_warms_up_for_five_epochs_and_falls_to_zero_with_the_sixtieth(load_config):
    cfg = load_config('cpcl_cuhk')
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    kinds = {'LinearLR': LinearLR, 'CosineAnnealingLR': CosineAnnealingLR}
    schedulers = []
    for settings in map(dict, cfg.param_scheduler):
        kind = kinds[settings.pop('type')]
        settings.pop('convert_to_iter_based')
        # As the Runner does.
        settings.setdefault('end', cfg.train_cfg.max_epochs)
        schedulers.append(kind.build_iter_from_epoch(optimizer, epoch_length=10, **settings))
    rates = []
    for _ in range(cfg.train_cfg.max_epochs * 10):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
    assert rates[0] == pytest.approx(0.1)
    assert rates[50] == pytest.approx(1.0)
    assert max(rates) == pytest.approx(1.0)
    assert rates[325] == pytest.approx(0.5, abs=0.01)
    assert rates[-1] < 1e-3


@pytest.mark.parametrize('data', SETS)
def test_the_upper_bound_differs_from_cpcl_in_the_source_of_labels_alone(data, load_config):
    cpcl, bound = load_config(f'cpcl_{data}'), load_config(f'true_identities_{data}')
    assert [refiner.type for refiner in labels_hook(cpcl).labeller.refine] == ['OutlierMining']
    assert labels_hook(bound).labeller == dict(type='TrueIdentities')
    labels_hook(cpcl).labeller = labels_hook(bound).labeller
    # The name of a part, which nothing but the config itself reads.
    assert bound.pop('labeller')
    cpcl.pop('labeller', None)
    assert bound.to_dict() == cpcl.to_dict()


@pytest.mark.parametrize('data', SETS)
def test_the_baselines_differ_from_cpcl_in_the_head_and_from_each_other_in_the_mask(
    data, load_config
):
    cpcl, itc, masking = (load_config(f'{kind}_{data}') for kind in KINDS[:3])
    pipeline = masking.train_dataloader.dataset.pipeline
    masking.train_dataloader.dataset.pipeline = [s for s in pipeline if s.type != 'MaskTokens']
    assert masking.to_dict() == itc.to_dict()
    assert labels_hook(itc) is None
    cpcl.default_hooks.pop('pseudo_labels')
    cpcl.model.head = itc.model.head
    # Names of parts, which nothing but the config itself reads.
    for part in ('labeller', 'image_clusterer', 'text_clusterer'):
        cpcl.pop(part, None)
    assert itc.to_dict() == cpcl.to_dict()


def similar_people(people, images, seed=0):
    """Features of people in groups of five that look alike: (people * images, 64)."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(rng.standard_normal((people // 5, 64)), 5, axis=0)
    centers = np.repeat(groups + 0.9 * rng.standard_normal((people, 64)), images, axis=0)
    return (centers + 1.2 * rng.standard_normal((people * images, 64))).astype(np.float32)


def test_rows_that_are_as_many_as_pairs_cluster_by_the_numbers_of_the_peers(load_config):
    peers = dict(PEERS, type='JaccardDBSCAN')
    cuhk, icfg, rstp = (labels_hook(load_config(f'cpcl_{data}')).labeller for data in SETS)
    assert cuhk.text == icfg.image == icfg.text == rstp.text == peers


@pytest.mark.parametrize(('data', 'images'), [('cuhk', 3), ('rstp', 5)])
def test_images_cluster_as_rows_of_pairs_do_for_the_peers(data, images, load_config):
    """Half the neighbors and a weight of two captions give an image what two rows of it give."""
    features = similar_people(200, images)
    peers = JaccardDBSCAN(**PEERS)
    pairs = peers(np.repeat(features, 2, axis=0)).labels[::2]
    labeller = labels_hook(load_config(f'cpcl_{data}')).labeller
    assert labeller.weigh_images
    ours = TASK_UTILS.build(labeller.image)(features, np.full(len(features), 2)).labels
    unchanged = peers(features).labels
    assert ((ours < 0) != (pairs < 0)).mean() < 0.01
    assert adjusted_rand_score(ours, pairs) > 0.9 > adjusted_rand_score(unchanged, pairs)
