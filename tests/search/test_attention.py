import pytest
from torch import nn

from cpcl_mm.search.attention import attention_maps
from cpcl_mm.search.loading import load_encoder

TEXTS = ['a red shirt', 'blue trousers']


@pytest.fixture
def encoder(small_checkpoint):
    return load_encoder(small_checkpoint, device='cpu')


def test_patches_sum_to_the_score_that_a_search_gives(encoder, pedes_root):
    path = pedes_root / 'imgs' / '0000_0.png'
    image = encoder.encode_images([encoder.prepare_image(path)])[0]
    maps = attention_maps(encoder, path, TEXTS)
    assert [found.text for found in maps] == TEXTS
    for found, text in zip(maps, encoder.encode_texts(TEXTS), strict=True):
        assert found.values.shape == (6, 3)
        assert found.score == pytest.approx(text @ image, abs=1e-6)
        assert found.values.sum() == pytest.approx(found.score, abs=1e-5)


def test_an_image_that_cannot_be_used_is_named(encoder, tmp_path):
    with pytest.raises(ValueError, match=r'the query image .*gone.png: does not exist'):
        attention_maps(encoder, tmp_path / 'gone.png', TEXTS)


def test_a_sentence_without_words_is_refused(encoder, pedes_root):
    with pytest.raises(ValueError, match='query 1 is empty'):
        attention_maps(encoder, pedes_root / 'imgs' / '0000_0.png', ['red', ' '])


def test_an_exported_model_has_no_patches(encoder, pedes_root):
    encoder.model = object()
    with pytest.raises(
        ValueError, match='has no CLIPImageTower .* exported model, take the checkpoint'
    ):
        attention_maps(encoder, pedes_root / 'imgs' / '0000_0.png', TEXTS)


@pytest.mark.parametrize('part', ['image_backbone', 'image_neck'])
def test_a_model_of_other_parts_is_named(encoder, pedes_root, part):
    setattr(encoder.model, part, nn.Identity())
    with pytest.raises(ValueError, match=r'epoch_1.pth has no CLIPImageTower without a neck'):
        attention_maps(encoder, pedes_root / 'imgs' / '0000_0.png', TEXTS)
