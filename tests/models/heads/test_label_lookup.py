import pytest
import torch

from cpcl_mm.models.heads.label_lookup import check_labelled, look_up_labels

INDEX = torch.tensor([2, 0])


def test_labels_are_found_by_the_number_of_the_sample():
    assert look_up_labels(torch.tensor([4, -1, 6]), INDEX).tolist() == [6, 4]


def test_before_the_first_clustering_all_are_outliers():
    nothing = torch.zeros(0, dtype=torch.long)
    assert look_up_labels(nothing, INDEX).tolist() == [-1, -1]


def test_labels_of_another_data_set_are_refused():
    with pytest.raises(ValueError, match='sample 2 has no pseudo label.* of 2 captions'):
        check_labelled(INDEX, torch.tensor([4, -1]), 'captions')


def test_before_the_first_clustering_every_sample_may_come():
    check_labelled(INDEX, torch.zeros(0, dtype=torch.long), 'images')
