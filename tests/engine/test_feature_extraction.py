import pytest
import torch
from mmengine.runner import Runner
from torch import nn

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.engine import feature_extraction
from cpcl_mm.engine.feature_extraction import extract_features

PIPELINE = [
    dict(type='OnImage', transforms=[dict(type='LoadImage')]),
    dict(type='Tokenize', tokenizer=dict(type='WordTokenizer', context_length=20)),
    dict(type='PackImageCaption'),
]


class MeanColour(nn.Module):
    """Stands in for a retriever: the feature of an item can be told from its data."""

    def data_preprocessor(self, batch, training):
        inputs = {
            key: torch.stack([x.float() for x in values if x is not None])
            for key, values in batch['inputs'].items()
            if values[0] is not None
        }
        return {'inputs': inputs}

    def extract_feat(self, inputs):
        assert not self.training
        return {key: value.flatten(1).mean(1, keepdim=True) for key, value in inputs.items()}


class FakeRunner:
    def __init__(self):
        self.model = MeanColour().train()

    build_dataloader = staticmethod(Runner.build_dataloader)


@pytest.fixture
def dataset(pedes_root):
    return ImageCaptionDataset(
        'data_captions.json', str(pedes_root), view='images', pipeline=PIPELINE
    )


def expected(dataset):
    items = [dataset[index]['inputs'] for index in range(len(dataset))]
    data = [item['image'] if item['image'] is not None else item['text'] for item in items]
    return torch.stack([x.float().mean() for x in data])[:, None]


@pytest.mark.parametrize('view', ['images', 'captions'])
@pytest.mark.parametrize('batch_size', [1, 5])
def test_every_item_once_in_order(dataset, view, batch_size):
    dataset = dataset.with_view(view)
    features = extract_features(FakeRunner(), dataset, batch_size)
    assert torch.allclose(features, expected(dataset))


def test_the_mode_of_the_model_is_restored(dataset):
    runner = FakeRunner()
    extract_features(runner, dataset)
    assert runner.model.training
    runner.model.eval()
    extract_features(runner, dataset)
    assert not runner.model.training


def test_what_the_ranks_deal_out_is_put_back_in_order(monkeypatch):
    # Seven items over two ranks; the second got item 0 again to have as many.
    parts = [torch.tensor([[0], [2], [4], [6]]), torch.tensor([[1], [3], [5], [0]])]
    monkeypatch.setattr(feature_extraction, 'get_world_size', lambda: 2)
    monkeypatch.setattr(feature_extraction, 'all_gather', lambda local: parts)
    gathered = feature_extraction._gather_in_order(parts[0], 7)
    assert gathered.flatten().tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_pairs_have_no_feature_of_their_own(dataset):
    with pytest.raises(ValueError, match="'pairs'"):
        extract_features(FakeRunner(), dataset.with_view('pairs'))
