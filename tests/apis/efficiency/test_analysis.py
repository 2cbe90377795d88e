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


def test_rates_are_items_of_a_batch_by_the_time_of_a_call(cfg, monkeypatch):
    monkeypatch.setattr(analysis, 'seconds_per_call', lambda call, device, *rest, **more: 0.5)
    result = analyze_efficiency(cfg, batch_size=8)
    assert result.batch_size == 8
    assert set(result.rates.values()) == {16.0}


def test_training_is_measured_with_labels_of_the_size_that_is_asked_for(cfg, monkeypatch):
    heads, label = [], analysis.label_at_random

    def spy(head, *args):
        heads.append(head)
        label(head, *args)

    monkeypatch.setattr(analysis, 'label_at_random', spy)
    monkeypatch.setattr(analysis, 'seconds_per_call', lambda call, device, *rest, **more: 0.5)
    for size, expected in ((None, [12, 24]), ((1000, 2000), [1000, 2000])):
        analyze_efficiency(cfg, train_size=size)
        assert [len(labels) for labels in heads[-1].labels.values()] == expected


def test_a_baseline_without_memories_is_measured(small_config):
    result = analyze_efficiency(load_run_config(small_config()), steps=1)
    assert result.rates['training'] > 0


def test_the_size_of_a_public_data_set_is_known_without_it():
    settings = dict(type='CUHKPEDES', data_root='nowhere', split='train')
    cfg = Config(dict(train_dataloader=dict(dataset=settings)))
    assert analysis.training_size(cfg) == (34_054, 68_126)


def test_another_kind_of_model(cfg):
    cfg.model = dict(type='ImageClassifier', backbone=dict(type='ResNet', depth=18))
    cfg.data_preprocessor = None
    with pytest.raises(ValueError, match=r'small.py has a ImageClassifier: .* TextToImageRetr'):
        analyze_efficiency(cfg)
