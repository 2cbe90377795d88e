import runpy
from pathlib import Path

import pytest

from cpcl_mm.synthetic import SyntheticSettings, ensure_synthetic_pedes
from cpcl_mm.synthetic.ceiling import ceiling

SIZES = dict(train_identities=1, val_identities=1, test_identities=6, height=32, width=16)
MAIN = runpy.run_path(str(Path(__file__).parents[2] / 'tools' / 'synthetic_ceiling.py'))['main']


def test_prints_the_scores_of_the_data_set_in_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = SyntheticSettings(**SIZES, omission=0.6)
    root = ensure_synthetic_pedes(tmp_path / 'set', settings, workers=1)
    assert MAIN([str(root)]) == 0
    alone, together = capsys.readouterr().out.splitlines()
    scores = ceiling(settings)['images alone']
    assert (
        alone.split()
        == (
            f'images alone R@1 {scores.recall[1]:.1f} R@5 {scores.recall[5]:.1f} '
            f'R@10 {scores.recall[10]:.1f} mAP {scores.mean_ap:.1f} mINP {scores.mean_inp:.1f}'
        ).split()
    )
    assert together.startswith('images of a person together')


def test_folder_of_something_else_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert MAIN([str(tmp_path)]) == 1
    assert 'is not a SyntheticPedes data set' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        MAIN([str(tmp_path / 'nowhere')])
    assert 'make_synthetic_pedes.py makes it' in capsys.readouterr().err
