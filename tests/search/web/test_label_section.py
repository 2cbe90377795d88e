import re
from io import BytesIO

import numpy as np
import PIL.Image
import pytest

from cpcl_mm.pseudo_labels import LabelReport, Labels, ModalityReport, save_labels
from cpcl_mm.search.web import LabelSection, Splits


@pytest.fixture
def client(client_of, dataset_config, work_dir):
    return client_of(LabelSection(work_dir, Splits(dataset_config)))


def table(answer):
    """The cells of the table, by row."""
    rows = re.findall(r'<tr>(.*?)</tr>', answer.text, re.DOTALL)
    return [re.findall(r'<t[hd][^>]*>(.*?)</t[hd]>', row) for row in rows]


def test_the_latest_epoch_and_the_numbers_of_all(client):
    answer = client.get('/')
    assert '/labels/4.png' in answer.text
    counts = ['Image clusters', 'Text clusters', 'Image outliers', 'Text outliers']
    assert table(answer) == [
        ['Epoch', *counts, 'Image purity'],
        ['2', '6', '1,234', '3', '0', '0.500'],
        ['4', '3', '1,234', '3', '0', '0.500'],
    ]


def test_another_epoch(client):
    assert '/labels/2.png' in client.get('/labels?epoch=2').text


def test_the_pictures(client):
    pictures = [client.get(f'/labels/{name}.png') for name in ('2', '4', 'curves')]
    sizes = [PIL.Image.open(BytesIO(answer.content)).size for answer in pictures]
    assert {answer.headers['content-type'] for answer in pictures} == {'image/png'}
    assert sizes[0][1] > sizes[1][1]
    assert sizes[2] == (1200, 800)


@pytest.mark.parametrize('path', ['/labels?epoch=3', '/labels?epoch=x', '/labels/3.png'])
def test_an_epoch_that_was_not_clustered(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert 'no pseudo labels of epoch' in answer.text


def test_labels_of_another_data_set(client_of, dataset_config, tmp_path):
    labels = Labels({'image': np.zeros(3, dtype=np.int64)})
    report = LabelReport(1, {'image': ModalityReport(1, 0, 0, outliers_before=0)})
    save_labels(tmp_path / 'pseudo_labels', labels, report)
    answer = client_of(LabelSection(tmp_path, Splits(dataset_config))).get('/labels/1.png')
    assert answer.status_code == 500
    assert 'There are 3 image labels' in answer.text


def test_what_was_not_recorded_of_an_epoch_is_a_dash(client_of, dataset_config, tmp_path):
    labels = Labels({'image': np.arange(12)})
    for epoch, purity in ((1, None), (2, 0.25)):
        image = ModalityReport(12, 0, 0, outliers_before=0, purity=purity)
        save_labels(tmp_path / 'pseudo_labels', labels, LabelReport(epoch, {'image': image}))
    answer = client_of(LabelSection(tmp_path, Splits(dataset_config))).get('/labels')
    assert table(answer) == [
        ['Epoch', 'Image clusters', 'Image outliers', 'Image purity'],
        ['1', '12', '0', '–'],
        ['2', '12', '0', '0.250'],
    ]


def test_a_work_directory_without_labels(dataset_config, tmp_path):
    with pytest.raises(FileNotFoundError, match='holds no pseudo labels'):
        LabelSection(tmp_path, Splits(dataset_config))
