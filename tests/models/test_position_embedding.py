import pytest
import torch

from cpcl_mm.models.position_embedding import infer_grid, resize_position_embedding


@pytest.mark.parametrize('interpolation', ['bicubic', 'bilinear'])
def test_the_class_token_is_kept_and_the_grid_resized(interpolation):
    embedding = torch.randn(1 + 6 * 2, 5)
    resized = resize_position_embedding(embedding, (6, 2), (8, 3), interpolation)
    assert resized.shape == (1 + 8 * 3, 5)
    assert torch.equal(resized[0], embedding[0])


def test_rows_and_columns_are_not_mixed_up():
    rows = torch.arange(4.0).repeat_interleave(2)[:, None]  # a 4 x 2 grid that grows downwards
    resized = resize_position_embedding(rows, (4, 2), (4, 6), 'bilinear').view(4, 6)
    assert torch.allclose(resized, torch.arange(4.0)[:, None].expand(4, 6))


def test_equal_counts_in_another_grid_are_still_interpolated():
    embedding = torch.randn(24, 3)
    assert not torch.equal(resize_position_embedding(embedding, (8, 3), (3, 8)), embedding)


def test_the_same_grid_returns_the_same_values():
    embedding = torch.randn(7, 3)
    assert torch.equal(resize_position_embedding(embedding, (3, 2), (3, 2)), embedding)


def test_bilinear_equals_a_hand_computed_value():
    resized = resize_position_embedding(torch.tensor([[0.0], [4.0]]), (2, 1), (4, 1), 'bilinear')
    assert resized.flatten().tolist() == [0.0, 1.0, 3.0, 4.0]


def test_unknown_interpolations_and_grids_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="'nearest'"):
        resize_position_embedding(torch.randn(4, 2), (2, 2), (3, 3), 'nearest')
    with pytest.raises(ValueError, match='4 position embeddings'):
        resize_position_embedding(torch.randn(4, 2), (3, 2), (3, 3))


def test_infer_grid_prefers_candidates_to_squares_and_upright_grids():
    assert infer_grid(16, [(8, 2)]) == (8, 2)
    assert infer_grid(16, [(3, 3)]) == (4, 4)
    # 384 x 128 and 256 x 128 pixels in patches of 16.
    assert infer_grid(192, [(14, 14)]) == (24, 8)
    assert infer_grid(128, [(14, 14)]) == (16, 8)
    with pytest.raises(ValueError, match='pretrained_grid'):
        infer_grid(15, [(2, 2)])
