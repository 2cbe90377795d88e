"""A masked copy stands beside the whole caption."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.datasets.transforms import MaskTokens
from cpcl_mm.models import OpenCLIPTokenizer
from cpcl_mm.registry import TRANSFORMS

PAD, START, END, MASK = 0, 98, 99, 97
TOKENIZER = SimpleNamespace(vocab_size=100, special_ids=(PAD, START, END), mask_id=MASK)
# Long enough for shares to be near their probabilities.
WORDS = torch.arange(20_000) % 50 + 1
CAPTION = torch.cat([torch.tensor([START]), WORDS, torch.tensor([END, PAD, PAD])])


def mask(text=CAPTION, seed=0, **kwargs):
    np.random.seed(seed)
    return MaskTokens(TOKENIZER, **kwargs)({'text': text})['masked_text']


def test_the_whole_caption_stays():
    item = {'text': CAPTION.clone()}
    masked = MaskTokens(TOKENIZER, ratio=0.5)(item)['masked_text']
    assert torch.equal(item['text'], CAPTION)
    assert not torch.equal(masked, CAPTION)
    assert (masked.shape, masked.dtype) == (CAPTION.shape, torch.int64)


def test_of_15_percent_8_in_10_are_masked_1_is_another_word_and_1_stays():
    masked = mask()
    assert (masked == MASK).float().mean() == pytest.approx(0.15 * 0.8, abs=0.01)
    changed = (masked != CAPTION) & (masked != MASK)
    assert changed.float().mean() == pytest.approx(0.15 * 0.1, abs=0.005)


def test_all_tokens_can_be_masked_and_special_ones_never_are():
    masked = mask(ratio=1, mask_share=1, random_share=0)
    assert (masked[1:-3] == MASK).all()
    assert masked[[0, -3, -2, -1]].tolist() == [START, END, PAD, PAD]


def test_another_word_is_never_special_nor_the_mask():
    masked = mask(ratio=1, mask_share=0, random_share=1)
    assert masked[1:-3].unique().tolist() == list(range(1, MASK))


def test_without_shares_or_ratio_the_copy_is_whole():
    assert torch.equal(mask(ratio=0), CAPTION)
    assert torch.equal(mask(ratio=1, mask_share=0, random_share=0), CAPTION)


def test_the_original_ids_stand_where_a_token_was_chosen_and_minus_one_elsewhere():
    np.random.seed(0)
    item = MaskTokens(TOKENIZER, ratio=0.5)({'text': CAPTION})
    labels, chosen = item['masked_labels'], item['masked_labels'] != -1
    assert (labels.shape, labels.dtype) == (CAPTION.shape, torch.int64)
    assert torch.equal(labels[chosen], CAPTION[chosen])
    assert torch.equal(item['masked_text'][~chosen], CAPTION[~chosen])
    assert not chosen[[0, -3, -2, -1]].any()
    assert chosen.float().mean() == pytest.approx(0.5, abs=0.02)
    # Also where a chosen token stays what it is.
    stays = chosen & (item['masked_text'] == CAPTION)
    assert stays.sum() / chosen.sum() == pytest.approx(0.1, abs=0.02)


def test_one_seed_gives_one_mask_and_only_numpy_is_asked():
    before = (random.getstate(), torch.random.get_rng_state())
    assert torch.equal(mask(seed=3), mask(seed=3))
    assert not torch.equal(mask(seed=3), mask(seed=4))
    assert random.getstate() == before[0]
    assert torch.equal(torch.random.get_rng_state(), before[1])


def test_an_image_without_a_caption_passes_untouched():
    assert MaskTokens(TOKENIZER)({'img_path': 'a.jpg'}) == {'img_path': 'a.jpg'}


def test_clips_captions_end_where_they_ended():
    """CLIP's text tower takes its feature where the id is highest."""
    clip = OpenCLIPTokenizer()
    text = clip('A man in red, with a bag.')[0]
    np.random.seed(0)
    transform = MaskTokens(clip, ratio=1, mask_share=0.5, random_share=0.5)
    for _ in range(20):
        masked = transform({'text': text})['masked_text']
        assert masked.argmax() == text.argmax()
        assert not (masked[1 : text.argmax()] == text[1 : text.argmax()]).any()


def test_in_a_pipeline_pairs_and_captions_get_one_and_images_none(pedes_root, pedes_words):
    tokenizer = dict(type='WordTokenizer', words=pedes_words)
    pipeline = [
        dict(type='Tokenize', tokenizer=tokenizer),
        dict(type='MaskTokens', tokenizer=tokenizer, ratio=1, mask_share=1, random_share=0),
        dict(type='PackImageCaption'),
    ]
    pairs = ImageCaptionDataset('data_captions.json', str(pedes_root), pipeline=pipeline)
    for view in ('pairs', 'captions'):
        inputs = pairs.with_view(view)[0]['inputs']
        words = inputs['text'] != inputs['masked_text']
        assert (inputs['masked_text'][words] == 1).all()
        assert words.sum() == 9  # 'a person in a red shirt and green trousers'
    assert pairs.with_view('images')[0]['inputs']['masked_text'] is None


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(ratio=15), r'ratio=15 must lie in \[0, 1\]'),
        (dict(mask_share=0.8, random_share=0.3), 'mask_share=0.8 and random_share=0.3 must be'),
        (dict(random_share=-0.1), 'random_share=-0.1'),
    ],
)
def test_shares_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        MaskTokens(TOKENIZER, **settings)


def test_it_is_shown_with_its_settings():
    transform = TRANSFORMS.build(dict(type='MaskTokens', tokenizer=dict(type='OpenCLIPTokenizer')))
    assert repr(transform) == (
        'MaskTokens(ratio=0.15, mask_share=0.8, random_share=0.1, mask_id=49405)'
    )
