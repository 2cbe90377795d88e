"""What every plain loss does with the costs of pairs."""

import pytest
import torch

from cpcl_mm.models import HardTripletLoss, ITCLoss, PairLoss, SDMLoss, TALLoss

WEIGHTS = torch.tensor([1.0, 0.0, 0.5, 1.0])
MATCHES = torch.eye(4, dtype=torch.bool)
MATCHES[0, 3] = MATCHES[3, 0] = True


class Numbers(PairLoss):
    """Pair i costs i."""

    def costs(self, image, text, matches):
        return torch.arange(len(image), dtype=torch.float32)


def test_the_mean_or_the_sum_of_weighted_costs(unit):
    pairs = unit(0), unit(1)
    assert Numbers()(*pairs) == 6 / 4
    assert Numbers('sum')(*pairs) == 6
    assert Numbers()(*pairs, weights=WEIGHTS) == (0.5 * 2 + 3) / 2.5
    assert Numbers('sum')(*pairs, weights=WEIGHTS) == 0.5 * 2 + 3


def test_where_no_pair_has_a_weight_the_loss_is_zero(unit):
    assert Numbers()(unit(0), unit(1), weights=torch.zeros(4)) == 0


@pytest.mark.parametrize('loss', [ITCLoss(0.5), SDMLoss(0.5), HardTripletLoss(), TALLoss()])
def test_a_pair_without_weight_still_is_a_negative_of_others(loss, unit):
    costs = loss.costs(unit(0), unit(1), MATCHES)
    assert costs.shape == (4,)
    expected = (costs * WEIGHTS).sum() / WEIGHTS.sum()
    torch.testing.assert_close(loss(unit(0), unit(1), MATCHES, WEIGHTS), expected)


def test_an_unknown_reduction_is_refused():
    with pytest.raises(ValueError, match="reduction must be 'mean' or 'sum', not 'none'"):
        Numbers('none')
