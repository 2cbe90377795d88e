"""A page around three images, and an encoder that sees nothing but colors."""

from io import BytesIO

import numpy as np
import PIL.Image
import pytest
from mmengine.config import Config
from starlette.testclient import TestClient

from cpcl_mm.pseudo_labels import LabelReport, Labels, ModalityReport, save_labels
from cpcl_mm.search import PersonSearcher
from cpcl_mm.search.web import SearchSection, build_app

DATASET = """
default_scope = 'cpcl_mm'
train_dataloader = dict(dataset=dict(
    type='ImageCaptionDataset', data_root={root!r}, ann_file='data_captions.json', split='train'))
test_dataloader = dict(dataset=dict(
    type='ImageCaptionDataset', data_root={root!r}, ann_file='data_captions.json', split='test'))
"""


@pytest.fixture
def searcher(encoder, crops):
    """A searcher of red.png, green.png and blue.png."""
    searcher = PersonSearcher(encoder, batch_size=3, num_threads=1)
    searcher.index(crops)
    return searcher


@pytest.fixture
def section(searcher):
    """A search of these images."""
    return SearchSection(searcher, examples=['a man in red', 'blue'])


@pytest.fixture
def client_of():
    """A function that makes a client of a page with some sections."""
    return lambda *sections: TestClient(build_app(sections), base_url='http://localhost')


@pytest.fixture
def client(client_of, section):
    """A client of a page with the search alone."""
    return client_of(section)


@pytest.fixture
def picture():
    """A function that makes the content of an image file of one color."""

    def make(color='lime', size=(4, 8), kind='PNG', **settings):
        buffer = BytesIO()
        PIL.Image.new('RGB', size, color).save(buffer, kind, **settings)
        return buffer.getvalue()

    return make


@pytest.fixture(scope='session')
def dataset_config(pedes_root, tmp_path_factory):
    """A config with a data set of 12 images to train and 6 to test on."""
    path = tmp_path_factory.mktemp('config') / 'small.py'
    path.write_text(DATASET.format(root=str(pedes_root)))
    return Config.fromfile(path)


@pytest.fixture(scope='session')
def work_dir(tmp_path_factory):
    """A work directory with the pseudo labels of epochs 2 and 4 of that data set."""
    folder = tmp_path_factory.mktemp('run')
    for epoch in (2, 4):
        image = np.arange(12) // epoch
        mined = {'image': image == 0, 'text': (image == 1).repeat(2)}
        labels = Labels({'image': image, 'text': image.repeat(2)}, mined=mined)
        modalities = {
            'image': ModalityReport(12 / epoch, 3, 0.25, outliers_before=5, purity=0.5),
            'text': ModalityReport(1234, 0, 0, outliers_before=0),
        }
        save_labels(folder / 'pseudo_labels', labels, LabelReport(epoch, modalities))
    return folder
