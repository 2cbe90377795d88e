import pytest
from mmengine.config import Config

from cpcl_mm.apis.overrides import apply_options

TEXT = """
max_epochs = 20
image_size = (96, 48)
unused = 'a setting of my own'
test_pipeline = [dict(type='Resize', scale=image_size[::-1])]
model = dict(type='TextToImageRetriever', image_backbone=dict(image_size=image_size))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(type='LinearLR', begin=0, end=2),
    dict(type='CosineAnnealingLR', begin=2, end=max_epochs, T_max=max_epochs - 2),
]
"""


@pytest.fixture
def cfg(tmp_path):
    (tmp_path / 'mine.py').write_text(TEXT)
    return Config.fromfile(tmp_path / 'mine.py')


def test_what_the_runner_reads_is_replaced(cfg):
    apply_options(cfg, {'model.image_backbone.image_size': (64, 64), 'work_dir': 'elsewhere'})
    assert cfg.model.image_backbone.image_size == (64, 64)
    assert cfg.work_dir == 'elsewhere'


@pytest.mark.parametrize(
    ('option', 'value', 'places'),
    [
        ('max_epochs', 5, ['train_cfg.max_epochs', 'param_scheduler.1.end']),
        ('image_size', (64, 64), ['model.image_backbone.image_size', 'pipeline.0.scale']),
        ('test_pipeline.0.scale', (64, 64), ['val_dataloader.dataset.pipeline.0.scale']),
    ],
)
def test_a_variable_whose_value_was_copied_is_refused_with_its_places(cfg, option, value, places):
    with pytest.raises(ValueError, match=f'{option}=.* changes nothing') as error:
        apply_options(cfg, {option: value})
    assert all(place in str(error.value) for place in places)


@pytest.mark.parametrize(
    ('option', 'meant'),
    [
        ('trian_cfg.max_epochs', 'did you mean train_cfg'),
        ('T_max', 'did you mean param_scheduler.1.T_max'),
    ],
)
def test_a_name_that_nothing_reads_is_refused(cfg, option, meant):
    with pytest.raises(ValueError, match=f'mine.py has no .*{meant}'):
        apply_options(cfg, {option: 5})


def test_a_variable_that_only_code_outside_may_read_is_warned_of(cfg):
    with pytest.warns(UserWarning, match="nothing of this package reads 'unused'"):
        apply_options(cfg, {'unused': 'b'})


def test_a_place_that_is_not_there_is_named(cfg):
    with pytest.raises(ValueError, match='param_scheduler.7.end'):
        apply_options(cfg, {'param_scheduler.7.end': 5})


def test_a_schedule_that_would_begin_after_training_is_left_out(cfg):
    apply_options(cfg, {'train_cfg.max_epochs': 2})
    assert [each.type for each in cfg.param_scheduler] == ['LinearLR']


@pytest.fixture
def shared():
    return Config(
        dict(
            data_root='old',
            pretrained='old',
            train_dataloader=dict(
                dataset=dict(type='ConcatDataset', datasets=[dict(data_root='old')] * 2)
            ),
            val_dataloader=None,
            test_dataloader=dict(dataset=dict(data_root='old')),
            model=dict(image_backbone=dict(pretrained='old'), text_backbone=dict(pretrained='old')),
        ),
        filename=__file__,
    )


def test_the_data_root_reaches_every_loader_also_through_wrappers(shared):
    apply_options(shared, {'data_root': 'new'})
    wrapped = shared.train_dataloader.dataset.datasets
    assert [part.data_root for part in wrapped] == ['new', 'new']
    assert shared.test_dataloader.dataset.data_root == shared.data_root == 'new'
    assert shared.val_dataloader is None
    assert shared.pretrained == 'old'


def test_the_weights_reach_every_tower(shared):
    apply_options(shared, {'pretrained': 'new.pt'})
    towers = (shared.model.image_backbone, shared.model.text_backbone)
    assert [tower.pretrained for tower in towers] == ['new.pt', 'new.pt']
    assert shared.pretrained == 'new.pt'
    assert shared.data_root == 'old'


def test_a_config_without_such_a_place_is_named():
    cfg = Config(dict(model=dict(type='A'), train_dataloader=None), filename=__file__)
    with pytest.raises(ValueError, match='--weights a.pt: .*overrides.py has no pretrained'):
        apply_options(cfg, {'pretrained': 'a.pt'})
    with pytest.raises(ValueError, match='--data-root new: .*has no data_root within train_datal'):
        apply_options(cfg, {'data_root': 'new'})
