import pytest
import torch

from cpcl_mm.search.fingerprint import model_fingerprint

MODEL = dict(
    type='TextToImageRetriever',
    image_backbone=dict(type='Tower', architecture='tiny', pretrained='openai', with_cp=True),
    head=dict(type='Head', weights=dict(cross=1.0)),
    data_preprocessor=dict(type='Preprocessor', architecture='tiny', pretrained='openai'),
)
PIPELINE = [dict(type='Resize', scale=(48, 96))]
WEIGHTS = {
    'tower.weight': torch.ones(2, 3),
    'tower.steps': torch.tensor(3),
}


def fingerprint(model=(), pipeline=PIPELINE, weights=()):
    return model_fingerprint({**MODEL, **dict(model)}, pipeline, {**WEIGHTS, **dict(weights)})


def test_it_is_short_and_the_same_every_time():
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 32


@pytest.mark.parametrize(
    'other',
    [
        dict(model=dict(image_backbone=dict(type='Tower', architecture='small'))),
        dict(model=dict(data_preprocessor=dict(type='Preprocessor', pretrained='laion'))),
        dict(pipeline=[dict(type='Resize', scale=(128, 384))]),
        dict(weights={'tower.weight': torch.ones(2, 3) + torch.eye(2, 3) * 1e-6}),
        dict(weights={'tower.weight': torch.ones(3, 2)}),
        dict(weights={'tower.weight': torch.ones(2, 3, dtype=torch.bfloat16)}),
        dict(weights={'tower.bias': torch.ones(2)}),
    ],
)
def test_whatever_changes_features_changes_it(other):
    assert fingerprint(**other) != fingerprint()


@pytest.mark.parametrize(
    'other',
    [
        dict(model=dict(head=dict(type='OtherHead'))),
        dict(model=dict(image_backbone=dict(type='Tower', architecture='tiny', frozen_stages=2))),
        dict(pipeline=({'scale': [48, 96], 'type': 'Resize'},)),
    ],
)
def test_what_concerns_training_alone_does_not(other):
    assert fingerprint(**other) == fingerprint()
