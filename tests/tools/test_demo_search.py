import runpy
from pathlib import Path

import PIL.Image

DEMO = Path(__file__).parents[2] / 'tools' / 'demo_search.py'


def test_the_example_trains_indexes_searches_and_draws(small_config, tmp_path, capsys):
    config = small_config(extra='train_cfg = dict(max_epochs=1, val_interval=1)')
    runpy.run_path(str(DEMO))['main'](config, str(tmp_path / 'run'))
    out = capsys.readouterr().out
    assert '6 images encoded, 0 unchanged, 0 skipped' in out
    assert out.count('with a score of') == 2
    assert PIL.Image.open(tmp_path / 'run' / 'search.png').height > 400
    assert (tmp_path / 'run' / 'gallery.npz').is_file()


def test_it_is_short_enough_to_be_copied():
    assert len(DEMO.read_text().splitlines()) <= 45
