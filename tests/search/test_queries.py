import pytest

from cpcl_mm.search.queries import MAX_CHARACTERS, check_queries


def test_sentences_of_any_script_are_queries():
    check_queries(['a man in red', '穿红色外套的男人'])


@pytest.mark.parametrize(
    ('texts', 'says'),
    [
        ([], 'no query'),
        (['a man', ' ... '], r"query 1 holds no letter and no digit \(' ... '\)"),
        (
            ['👩🧥👖'],
            r"query 0 holds no letter and no digit \('👩🧥👖'\): describe a person in words",
        ),
        ([''], 'query 0 is empty'),
        (['caf\udce9'], r"query 0 is not UTF-8 \('caf\\udce9'\)"),
        (['x' * (MAX_CHARACTERS + 1)], r"query 0 has 2,001 characters, 'xxx.*less than 2,000"),
    ],
)
def test_what_nobody_can_search_for_is_named(texts, says):
    with pytest.raises(ValueError, match=says):
        check_queries(texts)


def test_a_query_is_a_string():
    with pytest.raises(TypeError, match='query 0 is 7'):
        check_queries([7])
