"""The pictures of a training's pseudo labels, from the command line."""

import numpy as np
import pytest
from PIL import Image

from cpcl_mm.pseudo_labels import LabelReport, Labels, ModalityReport, save_labels
from cpcl_mm.registry import DATASETS

TOOL = 'show_pseudo_labels.py'
CONFIG = """
default_scope = 'cpcl_mm'
train_dataloader = dict(dataset=dict(
    type={type!r}, data_root={root!r}, ann_file='data_captions.json', split='train'))
"""


def record(work_dir, epoch, num_images=12):
    """Write labels of a data set with two captions an image."""
    image = np.arange(num_images) // epoch
    mined = {'image': image == 0, 'text': (image == 1).repeat(2)}
    labels = Labels({'image': image, 'text': image.repeat(2)}, mined=mined)
    reports = dict.fromkeys(('image', 'text'), ModalityReport(6, 0, 0, outliers_before=0))
    save_labels(work_dir / 'pseudo_labels', labels, LabelReport(epoch, reports))


@pytest.fixture
def work_dir(tmp_path):
    """A work directory with the labels of two epochs."""
    for epoch in (2, 4):
        record(tmp_path / 'run', epoch)
    return tmp_path / 'run'


@pytest.fixture
def config(pedes_root, tmp_path):
    """A config that trains on twelve images."""
    path = tmp_path / 'config.py'
    path.write_text(CONFIG.format(type='ImageCaptionDataset', root=str(pedes_root)))
    return path


def test_draws_the_latest_clusters_and_the_curves(run_tool, config, work_dir):
    folder = work_dir / 'pseudo_labels'
    sheet, curves = folder / 'clusters_epoch_004.png', folder / 'label_curves.png'
    assert run_tool(TOOL, config, work_dir) == f'{sheet} and {curves}\n'
    for path in sheet, curves:
        with Image.open(path) as picture:
            assert picture.format == 'PNG'
            assert 1150 <= picture.width <= 1300


def test_an_epoch_and_a_folder_can_be_chosen(run_tool, config, work_dir, tmp_path):
    out_dir = tmp_path / 'new' / 'pictures'
    run_tool(TOOL, config, work_dir, '--epoch', 2, '--out-dir', out_dir)
    names = sorted(path.name for path in out_dir.iterdir())
    assert names == ['clusters_epoch_002.png', 'label_curves.png']


def test_the_number_of_clusters_can_be_chosen(run_tool, config, work_dir):
    heights = []
    for number in 1, 3:
        run_tool(TOOL, config, work_dir, '--clusters', number)
        with Image.open(work_dir / 'pseudo_labels' / 'clusters_epoch_004.png') as sheet:
            heights.append(sheet.height)
    assert heights[0] < heights[1]


def test_settings_of_the_config_can_be_overridden(run_tool, config, work_dir):
    with pytest.raises(ValueError, match="12 image labels, but split 'val' .* has 6"):
        run_tool(TOOL, config, work_dir, '--cfg-options', 'train_dataloader.dataset.split=val')


def test_labels_of_another_data_set(run_tool, config, work_dir):
    record(work_dir, 5, num_images=10)
    with pytest.raises(ValueError, match='10 image labels, but .* has 12 image samples'):
        run_tool(TOOL, config, work_dir)


def test_an_epoch_that_was_not_clustered(run_tool, config, work_dir):
    with pytest.raises(FileNotFoundError, match='epoch 3: there are those of epochs 2, 4'):
        run_tool(TOOL, config, work_dir, '--epoch', 3)


def test_a_work_directory_without_labels(run_tool, config, tmp_path):
    with pytest.raises(FileNotFoundError, match='pseudo_labels holds no pseudo labels'):
        run_tool(TOOL, config, tmp_path / 'nowhere')


def test_another_kind_of_data_set(run_tool, config, work_dir):
    @DATASETS.register_module(force=True)
    class NoCaptions:
        """Takes the arguments of a data set."""

        def __init__(self, **settings):
            pass

    config.write_text(CONFIG.format(type='NoCaptions', root=''))
    with pytest.raises(ValueError, match=r'NoCaptions of .*config\.py is no image-caption'):
        run_tool(TOOL, config, work_dir)


def test_help_teaches_by_example(run_tool, capsys):
    with pytest.raises(SystemExit, match='0'):
        run_tool(TOOL, '--help')
    assert 'python tools/show_pseudo_labels.py configs/' in capsys.readouterr().out
