from pathlib import Path

import pytest
from mmengine.config import Config

from cpcl_mm.apis.config_check import accepted_arguments, check_keys, check_types

ROOT = Path(__file__).parents[2]
DATASET = dict(type='ImageCaptionDataset', data_root='data')
CLUSTERER = dict(type='JaccardDBSCAN', k1=6)
RUN = dict(
    model=dict(type='TextToImageRetriever', head=dict(type='InstanceMatchingHead')),
    train_dataloader=dict(batch_size=4, num_workers=0, dataset=DATASET),
    train_cfg=dict(by_epoch=True, max_epochs=3, val_interval=1),
    optim_wrapper=dict(
        type='mixed_precision',
        optimizer=dict(type='AdamW', lr=1e-3, fused=True),
        clip_grad=dict(max_norm=1.0),
        paramwise_cfg=dict(custom_keys={'bias': dict(lr_mult=2.0)}),
    ),
    param_scheduler=[dict(type='LinearLR', start_factor=0.1, convert_to_iter_based=True)],
    default_hooks=dict(logger=dict(type='LoggerHook', interval=10, priority='LOW'), timer=None),
    custom_hooks=[
        dict(type='PseudoLabelHook', labeller=dict(type='PerModality', image=CLUSTERER)),
    ],
    randomness=dict(seed=0),
    auto_scale_lr=dict(base_batch_size=4),
)


def test_types_of_all_packages_pass():
    check_types(
        Config(
            dict(
                model=dict(type='TextToImageRetriever', head=dict(type='MatchingHead')),
                hooks=[dict(type='EMAHook'), dict(type='cpcl_mm.RankedSheetHook')],
                optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='AdamW')),
                tokenizer=dict(type='WordTokenizer'),
                loop=dict(type='EpochBasedTrainLoop'),
                profiler=dict(type='ProfilerHook', on_trace_ready=dict(type='log_trace')),
            )
        )
    )


def test_classes_in_the_place_of_names_are_left_alone():
    check_types(Config(dict(model=dict(type=dict))))


def test_a_misspelled_type_is_named_with_its_place_and_what_was_meant(tmp_path):
    (tmp_path / 'typo.py').write_text(
        "model = dict(type='A', parts=[dict(type='CLIPImageTowr')])".replace(
            "'A'", "'CLIPTextTower'"
        )
    )
    cfg = Config.fromfile(tmp_path / 'typo.py')
    message = r"typo.py: model.parts.0.type = 'CLIPImageTowr'.*did you mean CLIPImageTower"
    with pytest.raises(ValueError, match=message):
        check_types(cfg)


def test_a_type_like_no_other_gets_the_other_remedy():
    with pytest.raises(ValueError, match='custom_imports'):
        check_types(Config(dict(model=dict(type='Xyzzy123'))))


def config(**changes):
    cfg = Config(RUN)
    cfg.merge_from_dict(changes)
    return cfg


def test_what_classes_take_passes():
    check_keys(config())
    check_keys(config(**{'custom_hooks.0.labeller.image.backend': 'cpu'}))


@pytest.mark.parametrize(
    ('key', 'meant'),
    [
        ('train_dataloader.dataset.data_rot', 'data_root'),
        ('train_dataloader.batchsize', 'batch_size'),
        ('train_cfg.max_epoch', 'max_epochs'),
        ('optim_wrapper.optimizer.weigth_decay', 'weight_decay'),
        ('optim_wrapper.accumulative_count', 'accumulative_counts'),
        ('optim_wrapper.paramwise_cfg.custom_key', 'custom_keys'),
        ('model.image_bakbone', 'image_backbone'),
        ('custom_hooks.0.labeller.image.min_sample', 'min_samples'),
        ('custom_hooks.0.labeller.image.bakend', 'backend'),
        ('default_hooks.loger.interval', 'logger'),
        ('default_hooks.logger.intervall', 'interval'),
        ('randomness.sed', 'seed'),
        ('auto_scale_lr.base_batchsize', 'base_batch_size'),
        ('trian_cfg.max_epochs', 'train_cfg'),
    ],
)
def test_a_mistyped_key_is_named_with_what_was_probably_meant(key, meant):
    with pytest.raises(ValueError, match=f'did you mean {meant}'):
        check_keys(config(**{key: 1}))


def test_a_key_like_no_other_is_answered_with_those_that_there_are():
    with pytest.raises(ValueError, match='xyzzy is nothing that JaccardDBSCAN .* there are'):
        check_keys(
            config(
                **{
                    'custom_hooks.0.labeller.image.xyzzy': 1,
                    'custom_hooks.0.labeller.image.type': 'JaccardDBSCAN',
                }
            )
        )


def test_a_variable_of_the_config_file_may_have_any_name_where_it_is_used():
    check_keys(config(model_=RUN['model']))
    with pytest.raises(ValueError, match="nothing reads 'model_'; did you mean model"):
        check_keys(config(model_=dict(type='ITCLoss')))


def test_arguments_that_are_passed_on_to_a_base_class_are_found():
    class Base:
        def __init__(self, depth): ...

    class Derived(Base):
        def __init__(self, width, **kwargs): ...

    assert accepted_arguments(Base)[0] == {'self', 'depth'}
    assert accepted_arguments(Derived) == ({'self', 'width', 'depth'}, False)
    assert accepted_arguments(dict) == (set(), False)


@pytest.mark.parametrize('path', sorted(ROOT.glob('configs/**/*.py')), ids=lambda path: path.stem)
def test_no_config_of_this_project_is_refused(path):
    check_keys(Config.fromfile(path))
