"""A caption becomes token ids; an image passes."""

import torch

from cpcl_mm.datasets.transforms import Tokenize
from cpcl_mm.datasets.transforms.tokenize import vocabulary_of

TOKENIZER = dict(type='WordTokenizer', words=['man', 'red'], context_length=6)


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
