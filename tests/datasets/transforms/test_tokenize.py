"""A caption becomes token ids, an image passes, and unknown words are told."""

import pytest
import torch

from cpcl_mm.datasets import ImageCaptionDataset, Tokenize
from cpcl_mm.datasets.transforms.tokenize import vocabulary_of, warn_of_unknown_words
from cpcl_mm.models.tokenizers import OpenCLIPTokenizer, WordTokenizer

TOKENIZER = dict(type='WordTokenizer', words=['man', 'red'], context_length=6)
WORDS = ['a', 'man', 'red']


def test_a_caption_gets_its_tokens():
    item = Tokenize(TOKENIZER)({'caption': 'man in red', 'image_index': 0})
    assert item['text'].tolist() == [4, 2, 1, 3, 5, 0]
    assert item['text'].dtype == torch.int64
    assert item['caption'] == 'man in red'


def test_an_item_without_a_caption_passes_untouched():
    assert Tokenize(TOKENIZER)({'img_path': 'a.jpg'}) == {'img_path': 'a.jpg'}


def test_any_callable_is_a_tokenizer():
    transform = Tokenize(lambda texts: torch.tensor([[len(text)] for text in texts]))
    assert transform({'caption': 'four'})['text'].tolist() == [4]


def test_a_vocabulary_is_found_where_words_can_be_unknown():
    transform = Tokenize(TOKENIZER)
    assert vocabulary_of([len, transform]) is transform.tokenizer
    assert vocabulary_of([Tokenize(dict(type='OpenCLIPTokenizer'))]) is None
    assert vocabulary_of([len]) is None


def pipeline(words):
    return [Tokenize(WordTokenizer(words))]


@pytest.fixture
def build(annotate, record):
    """A function that builds a data set of two captions with a pipeline."""
    captions = ['a man in blue', 'blue shoes']

    def make(steps, **settings):
        ann_file = annotate([record(captions=captions)])
        return ImageCaptionDataset(str(ann_file), str(ann_file.parent), pipeline=steps, **settings)

    return make


def test_share_and_most_frequent_words_are_named_once(build, logged):
    dataset = build(pipeline(WORDS))
    dataset.with_view('captions')
    assert len(logged) == 1
    assert "split 'train' of " in logged[0]
    assert '4 of 6 words of the captions (66.7%) are unknown to WordTokenizer' in logged[0]
    assert "most often 'blue' (2), 'in' (1), 'shoes' (1). Give it your own words" in logged[0]


def test_known_words_are_no_matter(build, logged):
    build(pipeline([*WORDS, 'blue', 'in', 'shoes']))
    assert logged == []


def test_images_alone_have_no_words(build, logged):
    build(pipeline(WORDS), view='images')
    assert logged == []


def test_a_tokenizer_of_byte_pairs_knows_every_word(build, logged):
    build([Tokenize(OpenCLIPTokenizer())])
    assert logged == []


def test_of_many_words_a_few_are_shown(logged):
    captions = [f'word{number}' for number in range(100)]
    warn_of_unknown_words(captions, WordTokenizer(WORDS), 'many')
    assert logged[0].count('word') < 20
