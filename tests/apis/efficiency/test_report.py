import json

import pytest

from cpcl_mm.apis.efficiency import Efficiency, to_dict, to_text


@pytest.fixture
def efficiency():
    return Efficiency(
        device='Some GPU',
        batch_size=64,
        parameters={'image_backbone': 86_000_000, 'all': 150_000_000, 'trainable': 86_000_000},
        flops={'image': 33_900_000_000, 'text': 5_900_000_000},
        rates={'loading': 250.0, 'image': 1500.0, 'text': 9000.0, 'training': 400.0},
        memory=3 * 2**30,
    )


def test_the_text_names_every_number(efficiency):
    text = ' '.join(to_text(efficiency).split())
    for expected in (
        'Some GPU, batch of 64',
        'image_backbone 86.00 million',
        'encoding an image 33.90 GFLOPs',
        'loading, one process 250.0 a second',
        'training step 400.0 a second',
        'peak memory 3.00 GiB',
    ):
        assert expected in text


def test_the_numbers_are_plain_data(efficiency):
    data = json.loads(json.dumps(to_dict(efficiency)))
    assert data['rates']['training'] == 400
