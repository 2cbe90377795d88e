import hashlib
import json
import pickle
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cpcl_mm.synthetic.generation import Record, draw_all
from cpcl_mm.synthetic.pedestrians import Pedestrians
from cpcl_mm.synthetic.settings import SPLITS, SyntheticSettings

CAPTIONS = '5098fa4e289bc55c'
BANDS = [
    [173.0, 157.7, 152.7, 146.9, 149.9, 116.2],
    [140.9, 122.0, 105.7, 110.0, 113.8, 81.0],
    [151.2, 138.8, 130.8, 140.7, 122.1, 93.0],
    [119.5, 124.6, 117.1, 123.2, 123.2, 141.6],
    [169.2, 142.1, 135.9, 137.7, 110.9, 109.6],
    [152.5, 125.9, 127.3, 135.1, 140.1, 142.6],
    [150.2, 156.5, 156.2, 145.8, 125.0, 120.2],
    [128.1, 143.8, 154.4, 129.7, 110.3, 130.6],
    [174.7, 153.1, 132.4, 147.4, 178.9, 176.5],
    [152.9, 148.0, 133.4, 145.4, 149.1, 147.9],
    [115.5, 124.5, 141.7, 140.8, 127.7, 83.7],
    [184.7, 173.1, 168.6, 170.6, 165.0, 152.0],
    [127.2, 130.9, 153.8, 122.1, 105.2, 57.1],
    [122.8, 116.5, 137.3, 108.2, 80.4, 79.2],
    [155.3, 128.8, 146.2, 158.9, 167.8, 94.1],
    [108.4, 85.7, 94.0, 95.2, 101.2, 90.3],
    [165.9, 144.8, 148.1, 141.2, 124.6, 133.1],
    [168.7, 164.8, 162.4, 165.8, 158.4, 160.3],
]


def _photograph_all(
    folder: Path, settings: SyntheticSettings, workers: int
) -> tuple[list[Record], dict[str, bytes]]:
    for split in SPLITS:
        (folder / split).mkdir(parents=True)
    records = [
        record for made in draw_all(Pedestrians(settings), folder, workers) for record in made
    ]
    return records, {
        record['img_path']: (folder / record['img_path']).read_bytes() for record in records
    }


def test_images_and_records(tmp_path: Path, tiny: SyntheticSettings) -> None:
    records, files = _photograph_all(tmp_path, tiny, workers=1)
    assert len(files) == len(records) == 18
    assert records[0].keys() == {'id', 'img_path', 'captions', 'split'}
    assert [record['id'] for record in records] == [number for number in range(9) for _ in range(2)]
    assert all(len(record['captions']) == 2 for record in records)
    with Image.open(tmp_path / records[0]['img_path']) as image:
        assert (image.format, image.size) == ('JPEG', (24, 48))


@pytest.mark.parametrize('workers', [2, 3])
def test_any_number_of_workers_makes_the_same_files(
    tmp_path: Path, tiny: SyntheticSettings, workers: int
) -> None:
    assert _photograph_all(tmp_path / 'one', tiny, 1) == _photograph_all(
        tmp_path / 'many', tiny, workers
    )


def test_test_images_do_not_depend_on_the_size_of_train(
    tmp_path: Path, tiny: SyntheticSettings
) -> None:
    pictures = []
    for train in (1, 4):
        folder = tmp_path / str(train)
        records, files = _photograph_all(folder, replace(tiny, train_identities=train), 1)
        pictures.append([files[r['img_path']] for r in records if r['split'] == 'test'])
    assert pictures[0] == pictures[1]


def test_seed_changes_all_images(tmp_path: Path, tiny: SyntheticSettings) -> None:
    _, first = _photograph_all(tmp_path / '0', tiny, 1)
    _, other = _photograph_all(tmp_path / '1', replace(tiny, seed=1), 1)
    assert not set(first.values()) & set(other.values())


def test_work_can_be_sent_to_a_spawned_process(tmp_path: Path, tiny: SyntheticSettings) -> None:
    (tmp_path / 'train').mkdir()
    work = partial(Pedestrians(tiny).draw, folder=tmp_path)
    sitting = Pedestrians(tiny).pieces()[0]
    again = pickle.loads(pickle.dumps(work))
    assert again(pickle.loads(pickle.dumps(sitting))) == work(sitting)


def test_error_in_a_worker_is_reported(tmp_path: Path, tiny: SyntheticSettings) -> None:
    with pytest.raises(FileNotFoundError):  # the folders of the splits are missing
        list(draw_all(Pedestrians(tiny), tmp_path, workers=2))


def test_pictures_and_captions_stay_as_they_are(tmp_path: Path, tiny: SyntheticSettings) -> None:
    """Measured scores are about these; other ones need a new format version."""
    settings = replace(tiny, height=96, width=48, occlusion=0.6)
    records, _ = _photograph_all(tmp_path, settings, workers=1)
    captions = json.dumps([record['captions'] for record in records])
    assert hashlib.sha256(captions.encode()).hexdigest()[:16] == CAPTIONS
    # Six bands of an image, for versions of the image library may round in another way.
    pixels = [np.asarray(Image.open(tmp_path / record['img_path'])) for record in records]
    bands = [image.reshape(6, -1).mean(axis=1) for image in pixels]
    np.testing.assert_allclose(bands, BANDS, atol=0.7)
