import pytest

from cpcl_mm.kreciprocal import progress as module
from cpcl_mm.kreciprocal.progress import progress


@pytest.mark.parametrize(('main', 'disabled'), [(True, None), (False, True)])
def test_only_the_main_rank_shows_a_bar(monkeypatch, main, disabled):
    settings = {}

    def bar(items, *arguments, **options):
        settings.update(options)
        return items

    monkeypatch.setattr(module, 'is_main_process', lambda: main)
    monkeypatch.setattr(module, 'tqdm', bar)
    assert list(progress(range(3), 'counting')) == [0, 1, 2]
    # None: on a terminal alone.
    assert settings['disable'] is disabled
