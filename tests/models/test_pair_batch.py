import dataclasses

import pytest
import torch

# Images 0 and 1 share an image cluster, captions 1 and 2 a text cluster; the last pair is an
# outlier in both modalities.
IMAGE, TEXT = [5, 5, -1, -1], [-1, 3, 3, -1]


def pairs_that_match(matches):
    """Pairs i < j, after a check that matching is mutual and that each row matches itself."""
    assert torch.equal(matches, matches.T)
    assert matches.diagonal().all()
    return matches.triu(1).nonzero().tolist()


def test_labels_of_either_modality_make_matches_and_outliers_match_none(make_batch):
    batch = make_batch(IMAGE, TEXT)
    assert pairs_that_match(batch.matches()) == [[0, 1], [1, 2]]
    assert pairs_that_match(batch.matches(['image'])) == [[0, 1]]
    assert pairs_that_match(batch.matches(['text'])) == [[1, 2]]
    assert pairs_that_match(batch.matches(())) == []


def test_two_captions_of_one_image_match_whatever_their_labels_are(make_batch):
    batch = make_batch([-1, -1, 0], [0, 1, -1], index=[7, 7, 8])
    assert pairs_that_match(batch.matches()) == [[0, 1]]
    assert pairs_that_match(batch.matches(())) == [[0, 1]]


def test_an_outlier_in_every_modality_is_left_out(make_batch):
    kinds = dict(weights={'image': torch.tensor([0.1, 0.2, 0.3, 0.4])})
    batch = make_batch(
        IMAGE, TEXT, flags={'text': torch.tensor([True, False, True, True])}, **kinds
    )
    kept = batch.labelled()
    assert len(batch) == 4
    assert len(kept) == 3
    assert torch.equal(kept.features['text'], batch.features['text'][:3])
    assert kept.index['image'].tolist() == [0, 1, 2]
    assert kept.labels['text'].tolist() == [-1, 3, 3]
    assert kept.weights['image'].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert kept.flags['text'].tolist() == [True, False, True]


def test_before_the_first_labels_no_pair_counts_as_an_outlier(make_batch):
    assert len(make_batch([-1, -1], [-1, -1], has_labels=False).labelled()) == 2
    assert len(make_batch([-1, -1], [-1, -1]).labelled()) == 0


def test_pairs_are_taken_in_any_order(make_batch):
    batch = make_batch(IMAGE, TEXT)
    taken = batch.select(torch.tensor([2, 0]))
    assert taken.labels['image'].tolist() == [-1, 5]
    assert torch.equal(taken.features['image'], batch.features['image'][[2, 0]])


def test_losses_and_memories_cannot_give_each_other_another_batch(make_batch):
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_batch(IMAGE, TEXT).labels = {}
