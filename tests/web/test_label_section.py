import re
from io import BytesIO

import numpy as np
import PIL.Image
import pytest

from cpcl_mm.pseudo_labels import PseudoLabels, RefinedLabels, save_pseudo_labels
from cpcl_mm.web import LabelSection, Splits


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
    assert table(answer) == [
        ['Epoch', 'Image clusters', 'Text clusters', 'Image purity'],
        ['2', '6', '1,234', '0.500'],
        ['4', '3', '1,234', '0.500'],
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
    image = np.zeros(3, dtype=np.int64)
    refined = RefinedLabels(PseudoLabels(image, image), image > 0, image > 0)
    save_pseudo_labels(tmp_path / 'pseudo_labels', 1, refined, {})
    answer = client_of(LabelSection(tmp_path, Splits(dataset_config))).get('/labels/1.png')
    assert answer.status_code == 500
    assert '3 images and 3 captions' in answer.text


def test_a_work_directory_without_labels(dataset_config, tmp_path):
    with pytest.raises(FileNotFoundError, match='holds no pseudo labels'):
        LabelSection(tmp_path, Splits(dataset_config))
