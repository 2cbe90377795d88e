import pytest
import torch
from torch import nn

from cpcl_mm.models import InstanceLoss, SDMLoss

SDM = dict(type='SDMLoss', temperature=0.5)
IMAGE, TEXT = [0, 0, 1, -1], [0, 1, -1, -1]


class Seen(nn.Module):
    """A loss that keeps what it is called with."""

    def forward(self, image, text, matches):
        self.image, self.text, self.matches = image, text, matches
        return image.sum()


def seen(batch, **settings):
    term = InstanceLoss(dict(type=Seen), **settings)
    term(batch, {})
    return term.loss


@pytest.mark.parametrize(
    ('labels', 'matching'), [(None, [[0, 1]]), (('image',), [[0, 1]]), (('text',), []), ((), [])]
)
def test_the_loss_gets_the_pairs_and_the_matches_of_some_labels(make_batch, labels, matching):
    batch = make_batch(IMAGE, TEXT)
    loss = seen(batch, labels=labels)
    assert loss.image is batch.features['image']
    assert loss.text is batch.features['text']
    assert loss.matches.triu(1).nonzero().tolist() == matching
    assert loss.matches.diagonal().all()


def test_two_captions_of_one_image_match_both(make_batch):
    apart, same = (make_batch([-1] * 3, [-1] * 3, index=index) for index in ([0, 1, 2], [0, 0, 2]))
    assert not torch.isclose(InstanceLoss(SDM)(apart, {}), InstanceLoss(SDM)(same, {}))


def test_masked_captions_take_the_place_of_whole_ones_unless_a_config_says_so(make_batch, unit):
    batch = make_batch(IMAGE, TEXT, features={'masked_text': unit(2)})
    assert seen(batch).text is batch.features['masked_text']
    assert seen(batch, text='text').text is batch.features['text']


def test_dropped_outliers_take_no_part(make_batch):
    batch = make_batch(IMAGE, TEXT)
    expected = InstanceLoss(SDM)(batch.select(torch.arange(3)), {})
    assert torch.equal(InstanceLoss(SDM, outliers='drop')(batch, {}), expected)
    assert not torch.isclose(InstanceLoss(SDM)(batch, {}), expected)


def test_a_batch_of_dropped_outliers_costs_nothing_and_has_a_gradient(make_batch):
    batch = make_batch([-1], [-1])
    features = [x.requires_grad_() for x in batch.features.values()]
    loss = InstanceLoss(SDM, outliers='drop')(batch, {})
    assert loss == 0
    loss.backward()
    assert [x.grad.abs().sum().item() for x in features] == [0, 0]


def test_before_the_first_labels_nothing_is_dropped(make_batch):
    batch = make_batch([-1] * 4, [-1] * 4, has_labels=False)
    expected = SDMLoss(0.5)(batch.features['image'], batch.features['text'])
    assert torch.equal(InstanceLoss(SDM, outliers='drop')(batch, {}), expected)


def test_confidences_of_a_modality_weigh_the_pairs(make_batch):
    weights = torch.tensor([1, 0.5, 0, 1])
    batch = make_batch(IMAGE, TEXT, weights={'text': weights})
    expected = SDMLoss(0.5)(*batch.features.values(), batch.matches(), weights)
    assert torch.equal(InstanceLoss(SDM, weights='text')(batch, {}), expected)
    # Before the first labels, and from a labeller that trusts its labels, there are none.
    plain = InstanceLoss(SDM)(batch, {})
    assert torch.equal(InstanceLoss(SDM, weights='image')(batch, {}), plain)


def test_one_of_several_embeddings_is_compared_at_unit_length(make_batch):
    batch = make_batch(IMAGE, TEXT)
    loss = seen(batch, columns=(2, 5))
    for name in ('image', 'text'):
        part = batch.features[name][:, 2:5]
        torch.testing.assert_close(getattr(loss, name), part / part.norm(dim=1, keepdim=True))


def test_weight_and_start_are_those_of_every_term():
    term = InstanceLoss(SDM, loss_weight=2.0, start_epoch=3)
    assert (term.loss_weight, term.start_epoch) == (2.0, 3)


def test_an_unknown_treatment_of_outliers_is_refused():
    with pytest.raises(ValueError, match="outliers must be 'keep' or 'drop', not 'ignore'"):
        InstanceLoss(SDM, outliers='ignore')
