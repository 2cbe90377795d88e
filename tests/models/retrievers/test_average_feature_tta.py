import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample

from cpcl_mm.registry import MODELS


def view(number, feature):
    sample = DataSample(metainfo=dict(sample_idx=number))
    sample.feature = torch.tensor(feature)
    return sample


@pytest.fixture
def wrapped(architecture):
    """A small retriever behind the wrapper, as ``tools/test.py --tta`` builds it."""
    torch.manual_seed(0)
    tower = dict(architecture=architecture('vit'))
    preprocessor = dict(type='ImageTextPreprocessor', mean=[127.5] * 3, std=[127.5] * 3)
    module = dict(
        type='TextToImageRetriever',
        image_backbone=dict(type='CLIPImageTower', image_size=(32, 16), **tower),
        text_backbone=dict(type='CLIPTextTower', **tower),
        data_preprocessor=preprocessor,
    )
    with DefaultScope.overwrite_default_scope('cpcl_mm'):
        return MODELS.build(dict(type='AverageFeatureTTA', module=module)).eval()


def test_the_feature_is_the_mean_of_the_views_at_unit_length(wrapped):
    views = [[view(0, [1.0, 0.0]), view(0, [0.0, 1.0])], [view(1, [0.0, 1.0]), view(1, [0.0, 1.0])]]
    merged = wrapped.merge_preds(views)
    assert [sample.sample_idx for sample in merged] == [0, 1]
    torch.testing.assert_close(merged[0].feature, torch.full((2,), 0.5**0.5))
    torch.testing.assert_close(merged[1].feature, torch.tensor([0.0, 1.0]))


def batch(images):
    """What a data loader gives of these images (N, 3, H, W)."""
    samples = [DataSample(metainfo=dict(modality='image')) for _ in images]
    return dict(inputs=dict(image=list(images)), data_samples=samples)


def test_an_image_and_its_mirror_image_get_one_feature(wrapped):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (3, 3, 32, 16), generator=generator).to(torch.uint8)
    views = [batch(images), batch(images.flip(3))]
    with torch.no_grad():
        alone = [wrapped.module.test_step(one) for one in views]
        found = wrapped.test_step({key: [one[key] for one in views] for key in views[0]})
    for sample, one, other in zip(found, *alone, strict=True):
        assert not torch.equal(one.feature, other.feature)
        total = one.feature + other.feature
        torch.testing.assert_close(sample.feature, total / total.norm())
