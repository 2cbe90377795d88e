"""One id a word: 0 pads, 1 is unknown, the highest ends the text."""

import hashlib
import pickle

import pytest
import torch

from cpcl_mm.models.tokenizers import WordTokenizer
from cpcl_mm.models.tokenizers.word_tokenizer import as_captions
from cpcl_mm.registry import TOKENIZERS

WORDS = ['a', 'man', 'red', 't-shirt']
START, END = 6, 7


@pytest.fixture
def tokenizer():
    return WordTokenizer(WORDS, context_length=8)


def test_words_lie_between_start_and_end_of_text(tokenizer):
    tokens = tokenizer(['a man', 'A red T-shirt.'])
    assert tokens.tolist() == [
        [START, 2, 3, END, 0, 0, 0, 0],
        [START, 2, 4, 5, END, 0, 0, 0],
    ]
    assert tokens.dtype == torch.int64


def test_the_vocabulary_counts_the_special_tokens(tokenizer):
    assert tokenizer.vocab_size == len(WORDS) + 4 == END + 1
    assert (tokenizer.start, tokenizer.end) == (START, END)


def test_a_masked_word_is_unknown_and_what_is_no_word_is_special(tokenizer):
    tokens = tokenizer('a blue man')[0]
    assert tokens[2] == tokenizer.mask_id
    assert tokenizer.special_ids == (0, START, END)
    assert tokenizer.mask_id not in tokenizer.special_ids


def test_unknown_words_share_an_id(tokenizer):
    assert tokenizer('a blue étole').tolist() == [[START, 2, 1, 1, END, 0, 0, 0]]


def test_unknown_words_are_named_in_their_order(tokenizer):
    assert tokenizer.split("A man's T-shirt, 女.") == ['a', "man's", 't-shirt', '女']
    assert tokenizer.unknown_words('a blue RED man in blue') == ['blue', 'in', 'blue']
    assert tokenizer.unknown_words('a man') == []


def test_over_long_captions_are_cut_and_keep_their_end(tokenizer):
    assert tokenizer('man ' * 6).tolist() == [[START, 3, 3, 3, 3, 3, 3, END]]
    assert tokenizer('man ' * 7).tolist() == tokenizer('man ' * 6).tolist()


def test_the_end_of_text_is_where_the_id_is_highest(tokenizer):
    """CLIP's text tower takes its feature there."""
    tokens = tokenizer(['a', 'a man', 'red ' * 20])
    assert tokens.argmax(dim=-1).tolist() == [2, 3, 7]


def test_the_vocabulary_may_be_a_file(tmp_path):
    (tmp_path / 'words.txt').write_text('\n'.join(WORDS))
    for path in (tmp_path / 'words.txt', str(tmp_path / 'words.txt')):
        assert WordTokenizer(path).words == tuple(WORDS)
    with pytest.raises(FileNotFoundError, match=r'file of words .*none\.txt does not exist'):
        WordTokenizer(tmp_path / 'none.txt')


def test_the_default_vocabulary_is_that_of_the_built_in_data_set():
    tokenizer = TOKENIZERS.build(dict(type='WordTokenizer'))
    tokens = tokenizer('A woman wears a red jacket and blue jeans.')
    assert not (tokens == tokenizer.UNKNOWN).any()
    assert tokens.shape == (1, 40)


def test_the_built_in_words_keep_the_ids_that_the_shipped_weights_were_trained_with():
    # A word more, or another order, and the weights and all checkpoints read other words.
    words = '\n'.join(WordTokenizer().words)
    assert hashlib.sha256(words.encode()).hexdigest()[:16] == 'c63487cf016ef852'


@pytest.mark.parametrize(
    ('words', 'message'),
    [
        ([], 'holds no word'),
        (['a', 'light blue'], "holds 'light blue', which no caption is split into"),
        (['Red'], "holds 'Red'"),
        ([''], "holds ''"),
        (['a', 'red', 'a', 'red'], 'holds a, red more than once'),
    ],
)
def test_words_that_no_caption_can_hold_are_refused(words, message):
    with pytest.raises(ValueError, match=message):
        WordTokenizer(words)


def test_a_context_without_room_is_refused():
    with pytest.raises(ValueError, match='context_length=2: start, a word and end need 3'):
        WordTokenizer(WORDS, context_length=2)


def test_worker_processes_get_an_equal_one(tokenizer):
    copied = pickle.loads(pickle.dumps(tokenizer))
    assert torch.equal(copied('a red man'), tokenizer('a red man'))


def test_one_caption_is_a_list_of_one():
    assert as_captions('a man') == ['a man']
    assert as_captions(('a man', 'a woman')) == ['a man', 'a woman']
    assert as_captions([]) == []


@pytest.mark.parametrize('caption', ['', '  \n', '...'])
def test_an_empty_caption_is_refused(tokenizer, caption):
    with pytest.raises(
        ValueError,
        match=r'caption 1 of 2 (is empty|holds no letter) .*nothing to tokenize; remove',
    ):
        tokenizer(['a man', caption])


@pytest.mark.parametrize('caption', [None, 3, b'a man'])
def test_other_types_are_refused(caption):
    with pytest.raises(TypeError, match=f'caption 0 is {caption!r}, expected a string'):
        as_captions([caption])
