import pytest
import torch

from cpcl_mm.models import BatchLoss


class Distance(BatchLoss):
    def forward(self, batch, memories):
        return (batch.features['image'] - batch.features['text']).square().mean()


def test_a_term_is_a_forward_alone(make_batch):
    term = Distance()
    assert (term.loss_weight, term.start_epoch) == (1, 0)
    assert (term.memories, term.tokens) == ((), ())
    assert term(make_batch([0], [0]), {}) > 0


def test_its_weight_and_its_start_are_for_the_head(make_batch):
    batch, term = make_batch([0], [0]), Distance(loss_weight=0.5, start_epoch=3)
    assert (term.loss_weight, term.start_epoch) == (0.5, 3)
    assert torch.equal(term(batch, {}), Distance()(batch, {}))


def test_a_start_before_the_first_epoch_is_refused():
    with pytest.raises(ValueError, match='start_epoch must be at least 0, not -1'):
        Distance(start_epoch=-1)


def test_without_a_forward_it_is_no_term():
    with pytest.raises(TypeError, match='forward'):
        BatchLoss()
