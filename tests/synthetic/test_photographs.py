import pickle
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from cpcl_mm.synthetic.photographs import Record, photograph, photograph_all, sittings
from cpcl_mm.synthetic.settings import SPLITS, SyntheticSettings


def _photograph_all(
    folder: Path, settings: SyntheticSettings, workers: int
) -> tuple[list[Record], dict[str, bytes]]:
    for split in SPLITS:
        (folder / split).mkdir(parents=True)
    records = [record for made in photograph_all(settings, folder, workers) for record in made]
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
    work = partial(photograph, folder=tmp_path, settings=tiny)
    sitting = sittings(tiny)[0]
    again = pickle.loads(pickle.dumps(work))
    assert again(pickle.loads(pickle.dumps(sitting))) == work(sitting)


def test_error_in_a_worker_is_reported(tmp_path: Path, tiny: SyntheticSettings) -> None:
    with pytest.raises(FileNotFoundError):  # the folders of the splits are missing
        list(photograph_all(tiny, tmp_path, workers=2))
