import pytest
from starlette.exceptions import HTTPException

from cpcl_mm.search.web.query import MAX_TOPK, Query


def test_what_is_not_given_has_its_default():
    assert Query.read({}) == Query()
    assert Query.read({'text': '  ', 'like': '', 'topk': '', 'unknown': 'x'}) == Query()
    assert not Query().asks


def test_all_fields_are_read():
    fields = {'text': ' a  man ', 'like': '3', 'weight': '0.2', 'topk': '5', 'rerank': '1'}
    query = Query.read(fields)
    assert query == Query(text='a man', like=3, weight=0.2, topk=5, rerank=True)


@pytest.mark.parametrize('fields', [{'text': 'a man'}, {'like': '0'}, {'upload': 'abc'}])
def test_a_sentence_or_an_image_is_something_to_search_by(fields):
    assert Query.read(fields).asks


@pytest.mark.parametrize(
    ('topk', 'wanted'), [('0', 1), ('7', 7), (str(MAX_TOPK + 1), MAX_TOPK), ('1e99', MAX_TOPK)]
)
def test_topk_is_clipped(topk, wanted):
    assert Query.read({'topk': topk}).topk == wanted


@pytest.mark.parametrize(
    ('fields', 'says'),
    [
        ({'text': '...'}, 'no words in "..."'),
        ({'text': 'red ' * 501}, 'has 2,004 characters, more than 2,000'),
        ({'topk': 'many'}, "topk='many' is out of its range"),
        ({'topk': 'inf'}, "topk='inf'"),
        ({'like': '-1'}, "like='-1'"),
        ({'like': 'nan'}, "like='nan'"),
        ({'weight': '1.01'}, "weight='1.01'"),
    ],
)
def test_what_cannot_be_read_is_named(fields, says):
    with pytest.raises(HTTPException) as error:
        Query.read(fields)
    assert error.value.status_code == 400
    assert says in error.value.detail


def test_an_address_holds_what_differs_from_the_default():
    assert Query(text='red & blue', topk=5).address() == '/?text=red+%26+blue&topk=5'
    assert Query(text='red', like=0).address(text='') == '/?like=0'
