import copy
import re
from io import BytesIO

import numpy as np
import PIL.Image
import pytest
from mmengine.config import Config
from starlette.exceptions import HTTPException

from cpcl_mm.search.web import DatasetSection, Splits, dataset_section


@pytest.fixture
def client(client_of, dataset_config):
    return client_of(DatasetSection(Splits(dataset_config)))


def images(answer):
    return re.findall(r'<img src="/dataset/(\w+/\d+)/thumbnail" alt="[^"]+"', answer.text)


def test_images_with_their_captions(client, dataset_config):
    answer = client.get('/')
    assert answer.url.path == '/dataset'
    assert images(answer) == [f'train/{number}' for number in range(12)]
    assert 'image 6 · identity 3' in answer.text
    for image in Splits(dataset_config).get('train').images:
        for caption in image.captions:
            assert caption in answer.text


def test_page_by_page(client, monkeypatch):
    monkeypatch.setattr(dataset_section, 'PAGE_SIZE', 5)
    first = client.get('/dataset?split=test')
    assert images(first) == [f'test/{number}' for number in range(5)]
    assert 'Page 1 of 2' in first.text
    assert 'rel="prev"' not in first.text
    following = re.search(r'rel="next" href="([^"]*)"', first.text).group(1).replace('&amp;', '&')
    last = client.get(following)
    assert images(last) == ['test/5']
    assert 'rel="next"' not in last.text


def test_captions_lead_to_a_search_where_there_is_one(client, client_of, section, dataset_config):
    both = client_of(section, DatasetSection(Splits(dataset_config), can_search=True))
    assert 'href="/?text=' in both.get('/dataset').text
    assert 'href="/?text=' not in client.get('/dataset').text


def test_an_image_and_its_file(client, dataset_config):
    path = Splits(dataset_config).get('test').images[2].path
    with PIL.Image.open(path) as expected:
        for name in ('file', 'thumbnail'):
            shown = PIL.Image.open(BytesIO(client.get(f'/dataset/test/2/{name}').content))
            assert (shown.format, shown.size) == ('JPEG', expected.size)
            found, wanted = (np.asarray(x.convert('RGB'), int) for x in (shown, expected))
            assert abs(found - wanted).mean() < 5


@pytest.mark.parametrize(
    ('path', 'status'),
    [
        ('/dataset?split=val', 404),
        ('/dataset?page=2', 404),
        ('/dataset?page=0', 404),
        ('/dataset?page=x', 404),
        ('/dataset/train/12/file', 404),
        ('/dataset/..%2F..%2Fetc/1/file', 404),
    ],
)
def test_what_is_not_there(client, path, status):
    assert client.get(path).status_code == status


def test_a_data_set_is_built_once(dataset_config):
    splits = Splits(dataset_config)
    assert splits.names == ['train', 'test']
    assert len(splits.get('train').images) == 12
    assert splits.get('train') is splits.get('train')


def test_a_split_that_is_not_there(dataset_config):
    with pytest.raises(HTTPException, match="404: There is no split 'val'"):
        Splits(dataset_config).get('val')


def test_a_data_set_that_cannot_be_read(dataset_config, tmp_path):
    cfg = copy.deepcopy(dataset_config)
    cfg.test_dataloader.dataset.data_root = str(tmp_path / 'nowhere')
    with pytest.raises(HTTPException, match='500: The data set cannot be read: .*nowhere'):
        Splits(cfg).get('test')


def test_a_config_without_data(tmp_path):
    (tmp_path / 'empty.py').write_text('')
    with pytest.raises(ValueError, match=r'empty\.py has no data loader'):
        Splits(Config.fromfile(tmp_path / 'empty.py'))
