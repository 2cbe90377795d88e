"""The contact sheet of a data set, from the command line."""

import re
import runpy
from pathlib import Path

import pytest
from PIL import Image

from cpcl_mm.registry import DATASETS

TOOL = runpy.run_path(str(Path(__file__).parents[2] / 'tools' / 'browse_dataset.py'))
main, choose_images = TOOL['main'], TOOL['choose_images']

CONFIG = """
default_scope = 'cpcl_mm'
train_dataloader = dict(dataset=dict(
    type='ImageCaptionDataset', data_root={root!r}, ann_file='data_captions.json', split='train'))
test_dataloader = dict(dataset=dict(type='NoImages'))
"""


@pytest.fixture
def config(pedes_root, tmp_path):
    """A config with a small data set to train on, another kind to test on, and none for val."""
    path = tmp_path / 'config.py'
    path.write_text(CONFIG.format(root=str(pedes_root)))
    return str(path)


def test_draws_the_images_of_a_split(config, tmp_path, capsys):
    out = tmp_path / 'sheets' / 'sheet.png'
    main([config, '--num', '6', '--out', str(out)])
    with Image.open(out) as sheet:
        assert sheet.format == 'PNG'
        assert 1000 <= sheet.width <= 1400
    assert capsys.readouterr().out == f'6 images are drawn in {out}\n'


def test_draws_no_more_than_there_is(config, tmp_path, capsys):
    main([config, '--num', '1000', '--out', str(tmp_path / 'sheet.png')])
    assert capsys.readouterr().out.startswith('12 images are drawn')


def test_options_change_the_picture(config, tmp_path):
    pictures = set()
    for options in [], ['--by-identity'], ['--columns', '2'], ['--num', '4']:
        main([config, '--num', '5', '--out', str(tmp_path / 'sheet.png'), *options])
        pictures.add((tmp_path / 'sheet.png').read_bytes())
    assert len(pictures) == 4


def test_settings_of_the_config_can_be_overridden(config, tmp_path, capsys):
    split = 'train_dataloader.dataset.split=val'
    main([config, '--out', str(tmp_path / 'sheet.png'), '--cfg-options', split])
    assert capsys.readouterr().out.startswith('6 images are drawn')


def test_a_split_that_the_config_lacks(config, capsys):
    assert main([config, '--split', 'val']) == 1
    err = capsys.readouterr().err
    assert re.search(r'^browse_dataset\.py: .*config.py has no val_dataloader: .* --split', err)


def test_another_kind_of_data_set(config, capsys):
    @DATASETS.register_module(force=True)
    class NoImages:
        """A data set without images and captions."""

    assert main([config, '--split', 'test']) == 1
    err = capsys.readouterr().err
    assert re.search('NoImages of .*config.py is no image-caption data set', err)


class TestChooseImages:
    def test_spreads_over_the_data_set(self):
        assert choose_images([0] * 9, 3, by_identity=False) == [0, 4, 8]

    def test_by_identity_takes_whole_identities(self):
        identities = [5, 7, 9, 5, 7, 9]
        assert choose_images(identities, 4, by_identity=True) == [0, 3, 2, 5]
        assert choose_images(identities, 3, by_identity=True) == [0, 3, 2]

    def test_by_identity_leaves_out_the_unknown(self):
        assert choose_images([-1, 3, -1, 3], 4, by_identity=True) == [1, 3]

    def test_by_identity_needs_identities(self):
        with pytest.raises(ValueError, match='this split has none'):
            choose_images([-1, -1], 4, by_identity=True)


def test_help_teaches_by_example(capsys):
    with pytest.raises(SystemExit, match='0'):
        main(['--help'])
    assert 'python tools/browse_dataset.py configs/' in capsys.readouterr().out
