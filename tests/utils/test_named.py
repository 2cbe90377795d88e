import copy
import pickle

import pytest

from cpcl_mm.utils.named import Named


def test_a_missing_name_is_told_beside_those_that_are_there():
    with pytest.raises(KeyError, match=r"no feature 'img', only \['image', 'text'\]"):
        Named('feature', {'text': 1, 'image': 2})['img']


@pytest.mark.parametrize('twin', [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_are_the_same(twin):
    named = twin(Named('feature', {'text': 1}))
    assert (named, named.what) == ({'text': 1}, 'feature')
