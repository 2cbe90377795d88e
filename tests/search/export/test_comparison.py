import pytest
import torch

from cpcl_mm.search.export.comparison import max_difference, sample_inputs


@pytest.mark.parametrize(
    ('size', 'key', 'expected'), [(1, 'text', 0.3), (5, 'image', 0.2), (3, 'text', 0.0)]
)
def test_the_comparison_sees_both_towers_at_both_batch_sizes(encoder, size, key, expected):
    class Export:
        """Wrong for one tower at one batch size."""

        def extract_feat(self, inputs):
            features = encoder.model.extract_feat(inputs)
            features[key][-1, 7] += expected * (len(features[key]) == size)
            return features

    with torch.no_grad():
        found = max_difference(encoder, Export(), sample_inputs(encoder, 5))
    assert found == pytest.approx(expected, abs=1e-6)


def test_sample_inputs_are_the_same_every_time_and_no_two_alike(encoder):
    one, other = sample_inputs(encoder, 5), sample_inputs(encoder, 5)
    assert all(torch.equal(one[key], other[key]) for key in ('image', 'text'))
    assert len(one['text'].unique(dim=0)) == len(one['image'].unique(dim=0)) == 5
