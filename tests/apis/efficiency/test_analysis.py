import pytest
from mmengine.config import Config

from cpcl_mm.apis import load_run_config
from cpcl_mm.apis.efficiency import analysis, analyze_efficiency
from cpcl_mm.models import TextToImageRetriever


def test_everything_is_counted_and_measured(cfg, monkeypatch):
    modes, loss = [], TextToImageRetriever.loss

    def spy(model, *args, **inputs):
        modes.append(model.training)
        return loss(model, *args, **inputs)

    monkeypatch.setattr(TextToImageRetriever, 'loss', spy)
    result = analyze_efficiency(cfg, steps=1)
    # Two steps to warm up, and the one that is measured.
    assert modes == [True] * 3
    assert result.batch_size == 4
    assert result.parameters['all'] > 500_000
    assert min(result.flops['image'], result.flops['text']) > 1e6
    assert set(result.rates) == {'loading', 'training', 'image', 'text'}
    assert min(result.rates.values()) > 0
    assert result.memory > 50 * 2**20
    assert (result.epoch.num_images, result.epoch.num_captions) == (12, 24)


def test_an_epoch_is_made_of_the_rates_and_the_sizes(cfg, monkeypatch):
    monkeypatch.setattr(analysis, 'seconds_per_call', lambda call, device, *rest, **more: 0.5)
    monkeypatch.setattr(analysis, 'estimate_clustering', lambda clusterer, total, *rest: total)
    cfg.train_dataloader.num_workers = 2
    epoch = analyze_efficiency(cfg, batch_size=8, train_size=(1000, 2000)).epoch
    # 8 items in half a second.
    assert (epoch.training, epoch.loading) == (125, 62.5)
    assert epoch.features == 3000 / 16
    assert epoch.clustering == 3000


def test_a_baseline_has_no_clustering(small_config):
    epoch = analyze_efficiency(load_run_config(small_config()), steps=1).epoch
    assert epoch.clustering == epoch.features == 0
    assert epoch.total > 0


def test_the_size_of_a_public_data_set_is_known_without_it():
    settings = dict(type='CUHKPEDES', data_root='nowhere', split='train')
    cfg = Config(dict(train_dataloader=dict(dataset=settings)))
    assert analysis.training_size(cfg) == (34_054, 68_126)


def test_another_kind_of_model(cfg):
    cfg.model = dict(type='ImageClassifier', backbone=dict(type='ResNet', depth=18))
    cfg.data_preprocessor = None
    with pytest.raises(ValueError, match=r'small.py has a ImageClassifier: .* TextToImageRetr'):
        analyze_efficiency(cfg)
