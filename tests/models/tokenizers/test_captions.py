"""Tokenizers take one caption or many, each with words in it."""

import pytest

from cpcl_mm.models.tokenizers.captions import as_captions


def test_one_caption_is_a_list_of_one():
    assert as_captions('a man') == ['a man']
    assert as_captions(('a man', 'a woman')) == ['a man', 'a woman']
    assert as_captions([]) == []


@pytest.mark.parametrize('caption', ['', '  \n', '...'])
def test_an_empty_caption_is_refused(caption):
    with pytest.raises(
        ValueError,
        match=r'caption 1 of 2 (is empty|holds no letter) .*nothing to tokenize; remove',
    ):
        as_captions(['a man', caption])


@pytest.mark.parametrize('caption', [None, 3, b'a man'])
def test_other_types_are_refused(caption):
    with pytest.raises(TypeError, match=f'caption 0 is {caption!r}, expected a string'):
        as_captions([caption])
