import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dist import get_rank
from mmengine.runner import Runner
from torch import nn

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.engine.sample_extraction import extract_features, extract_samples

run_on_ranks = runpy.run_path(str(Path(__file__).parents[1] / 'ranks.py'))['run_on_ranks']

PIPELINE = [
    dict(type='OnImage', transforms=[dict(type='LoadImage')]),
    dict(type='Tokenize', tokenizer=dict(type='WordTokenizer', context_length=20)),
    dict(type='PackImageCaption'),
]


class MeanColor(nn.Module):
    """Stands in for a retriever: the feature of an item can be told from its data."""

    def data_preprocessor(self, batch, training):
        inputs = {
            key: torch.stack([x.float() for x in values if x is not None])
            for key, values in batch['inputs'].items()
            if values[0] is not None
        }
        return {'inputs': inputs}

    def forward(self, inputs, mode):
        assert (mode, self.training) == ('tensor', False)
        return {key: value.flatten(1).mean(1, keepdim=True) for key, value in inputs.items()}


class ImagesAlone(MeanColor):
    """Stands in for a model of one modality, which does not name it."""

    def forward(self, inputs, mode):
        return super().forward(inputs, mode)['image']


class TwoNumbers(MeanColor):
    """Gives features that have a direction."""

    def forward(self, inputs, mode):
        means = super().forward(inputs, mode)
        return {key: torch.cat([x, torch.ones_like(x)], dim=1) for key, x in means.items()}


class Black(MeanColor):
    """Sees nothing on any image."""

    def forward(self, inputs, mode):
        return {key: 0 * x for key, x in super().forward(inputs, mode).items()}


class FakeRunner:
    def __init__(self, model=MeanColor, dataset=None, **cfg):
        self.model = model().train()
        self.train_dataloader = SimpleNamespace(dataset=dataset)
        self.cfg = Config(cfg)

    build_dataloader = staticmethod(Runner.build_dataloader)


def open_dataset(root):
    return ImageCaptionDataset('data_captions.json', str(root), view='images', pipeline=PIPELINE)


@pytest.fixture
def dataset(pedes_root):
    return open_dataset(pedes_root)


def direction(features):
    """Rows of unit length, of features of one number and a one."""
    rows = torch.cat([features, torch.ones_like(features)], dim=1)
    return torch.nn.functional.normalize(rows).numpy()


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


def test_a_model_of_images_alone(dataset):
    assert torch.equal(extract_features(FakeRunner(ImagesAlone), dataset), expected(dataset))


def test_the_mode_of_the_model_is_restored(dataset):
    runner = FakeRunner()
    extract_features(runner, dataset)
    assert runner.model.training
    runner.model.eval()
    extract_features(runner, dataset)
    assert not runner.model.training


class BreaksOnRankOne(MeanColor):
    """Stands in for a model that meets an image it cannot encode."""

    def forward(self, inputs, mode):
        if get_rank() == 1:
            raise ValueError('broken image')
        return super().forward(inputs, mode)


def extract_together(folder):
    """Features of all images, and an error of one rank."""
    dataset = open_dataset(folder / 'pedes')
    features = extract_features(FakeRunner(), dataset, batch_size=2)
    with pytest.raises((ValueError, RuntimeError)) as caught:
        extract_features(FakeRunner(BreaksOnRankOne), dataset)
    return features.tolist(), f'{caught.typename}: {caught.value}'


def test_ranks_share_the_items_and_their_errors(tmp_path, make_pedes):
    identities = {'train': 7, 'val': 1, 'test': 1}
    dataset = open_dataset(make_pedes(tmp_path / 'pedes', identities, images_per_identity=1))
    assert len(dataset) == 7
    results = run_on_ranks(__file__, 'extract_together', tmp_path, world_sizes=(2, 3))
    for ranks in results.values():
        for rank, (features, error) in enumerate(ranks):
            assert features == expected(dataset).tolist()
            other = 'RuntimeError: rank 1 failed: ValueError: broken image'
            assert error == ('ValueError: broken image' if rank == 1 else other)


def test_pairs_have_no_feature_of_their_own(dataset):
    with pytest.raises(ValueError, match="'pairs'"):
        extract_features(FakeRunner(), dataset.with_view('pairs'))


class TestSamples:
    @pytest.fixture
    def pairs(self, dataset):
        """The data set as it is trained on, by transforms that extraction must not use."""
        return dataset.with_view('pairs', [])

    @pytest.mark.parametrize('modalities', [(), ('image',), ('text',), ('text', 'image')])
    def test_the_features_that_are_asked_for_are_of_unit_length(self, pairs, modalities):
        samples = extract_samples(FakeRunner(TwoNumbers, pairs), modalities, PIPELINE)
        views = {'image': 'images', 'text': 'captions'}
        assert samples.features.keys() == set(modalities)
        for modality, features in samples.features.items():
            wanted = direction(expected(pairs.with_view(views[modality], PIPELINE)))
            np.testing.assert_allclose(features, wanted, rtol=1e-6)
            assert features.dtype == np.float32

    def test_what_is_known_about_the_samples_can_be_written(self, pairs):
        samples = extract_samples(FakeRunner(TwoNumbers, pairs), (), PIPELINE)
        np.testing.assert_array_equal(samples.image_of_caption, np.repeat(np.arange(12), 2))
        np.testing.assert_array_equal(samples.identities, np.repeat(np.arange(6), 2))
        samples.image_of_caption[0] = samples.identities[0] = 5
        assert pairs.image_of_caption[0] == pairs.identity_labels[0] == 0

    def test_the_transforms_are_those_of_the_test_unless_others_are_given(self, pairs):
        test_dataloader = dict(dataset=dict(pipeline=PIPELINE))
        runner = FakeRunner(TwoNumbers, pairs, test_dataloader=test_dataloader)
        one, other = (extract_samples(runner, ['image'], steps) for steps in (None, PIPELINE))
        np.testing.assert_array_equal(one.features['image'], other.features['image'])

    def test_without_a_test_the_transforms_must_be_given(self, pairs):
        with pytest.raises(ValueError, match='no test_dataloader: give PseudoLabelHook its pipe'):
            extract_samples(FakeRunner(TwoNumbers, pairs, test_dataloader=None), ['image'])

    def test_features_without_a_direction_are_named(self, pairs):
        with pytest.raises(ValueError, match='24 of the 24 features of captions are all') as error:
            extract_samples(FakeRunner(Black, pairs), ['text'], PIPELINE)
        caption, image = pairs.captions[2]
        assert f'{caption!r} of {pairs.images[image].path} and 21 more; ' in str(error.value)

    @pytest.mark.parametrize('value', [float('nan'), float('inf')])
    def test_features_that_are_not_finite_are_counted_and_named(self, pairs, value):
        class Diverged(TwoNumbers):
            def forward(self, inputs, mode):
                return {key: value * x for key, x in super().forward(inputs, mode).items()}

        with pytest.raises(
            ValueError, match='12 of the 12 features of images are not fin'
        ) as error:
            extract_samples(FakeRunner(Diverged, pairs), ['image'], PIPELINE)
        for image in pairs.images[:3]:
            assert image.path in str(error.value)
        assert 'and 9 more; training has probably diverged: lower the learning' in str(error.value)
