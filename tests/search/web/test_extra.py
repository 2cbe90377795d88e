import pytest

from cpcl_mm.search.web import extra


def test_this_environment_passes():
    extra.check_extra()


def test_what_is_missing_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(extra, 'PACKAGES', ('json', 'no_such_server'))
    with pytest.raises(
        ImportError, match=r'page needs no_such_server: pip install -e "\.\[demo\]"'
    ):
        extra.check_extra()
