"""Pseudo labels and their history, written and read back."""

from pathlib import Path

import numpy as np
import pytest

from cpcl_mm.pseudo_labels import (
    LabelReport,
    Labels,
    ModalityReport,
    load_history,
    load_labels,
    recorded_epochs,
    save_labels,
)


def make_labels(first=0):
    """Labels of three images and four captions; ``first`` tells one clustering from another."""
    return Labels(
        {'image': np.array([first, -1, 1]), 'text': np.array([0, 0, -1, first])},
        mined={
            'image': np.array([False, False, True]),
            'text': np.array([True, False, False, False]),
        },
        confidence={'text': np.array([0.5, 1, 0, 0.25], dtype=np.float32)},
    )


def make_report(epoch, nmi=None):
    image = ModalityReport(2, 1, 1 / 3, outliers_before=2, mined=1, nmi=nmi)
    return LabelReport(epoch, {'image': image}, {'extract': 1.5})


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for modality, values in expected.items():
        np.testing.assert_array_equal(found[modality], values, strict=True)


@pytest.fixture
def folder(tmp_path):
    """Labels of epochs 2, 4 and 12."""
    for epoch in (2, 4, 12):
        save_labels(tmp_path / 'labels', make_labels(epoch), make_report(epoch, nmi=epoch / 20))
    return tmp_path / 'labels'


def test_labels_come_back_as_they_were(folder):
    loaded, expected = load_labels(folder, 4), make_labels(4)
    for kind in ('of', 'mined', 'confidence'):
        assert_same(getattr(loaded, kind), getattr(expected, kind))


@pytest.mark.parametrize('modality', ['image', 'text'])
def test_labels_of_one_modality_that_nothing_more_is_known_about(tmp_path, modality):
    save_labels(tmp_path, Labels({modality: np.array([0, -1])}), make_report(1))
    loaded = load_labels(tmp_path)
    assert_same(loaded.of, {modality: np.array([0, -1])})
    assert loaded.mined == loaded.confidence == {}


def test_the_latest_labels_are_the_default(folder):
    assert load_labels(folder).of['image'][0] == 12


def test_the_latest_is_found_by_number_not_by_name(folder):
    for epoch in (1000, 999):
        save_labels(folder, make_labels(epoch), make_report(epoch))
    (folder / 'epoch_best.npz').touch()
    assert recorded_epochs(folder) == [2, 4, 12, 999, 1000]
    assert load_labels(folder).of['image'][0] == 1000


def test_files_are_named_by_epoch_and_nothing_else_is_left(folder):
    names = sorted(path.name for path in folder.iterdir())
    assert names == ['epoch_002.npz', 'epoch_004.npz', 'epoch_012.npz', 'history.jsonl']


def test_the_history_has_a_report_for_each_clustering(folder):
    assert load_history(folder) == [
        make_report(2, nmi=0.1),
        make_report(4, nmi=0.2),
        make_report(12, nmi=0.6),
    ]


def test_numbers_of_numpy_can_be_recorded(tmp_path):
    report = LabelReport(
        1,
        {'image': ModalityReport(np.int64(3), 0, 0, 0, purity=np.float32(0.5))},
        {'search': np.float32(0.25)},
    )
    save_labels(tmp_path, make_labels(), report)
    assert load_history(tmp_path) == [report]


def test_a_repeated_epoch_replaces_the_earlier_one(folder):
    save_labels(folder, make_labels(40), make_report(4, nmi=0.9))
    assert load_labels(folder, 4).of['image'][0] == 40
    history = load_history(folder)
    assert [report.epoch for report in history] == [2, 4, 12]
    assert history[1].modalities['image'].nmi == 0.9


def test_a_crash_while_the_history_is_written_leaves_it_whole(folder, monkeypatch):
    def crash(path, text, **kwargs):
        path.write_bytes(text.encode()[:-20])
        raise KeyboardInterrupt

    before = load_history(folder)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, 'write_text', crash)
        save_labels(folder, make_labels(13), make_report(13))
    assert load_history(folder) == before
    save_labels(folder, make_labels(13), make_report(13))
    assert load_history(folder) == [*before, make_report(13)]


class TestErrors:
    def test_an_epoch_that_is_not_there(self, folder):
        with pytest.raises(FileNotFoundError, match='epoch 3: there are those of epochs 2, 4, 12'):
            load_labels(folder, 3)

    @pytest.mark.parametrize('load', [load_labels, load_history])
    def test_a_folder_that_is_not_there(self, tmp_path, load):
        with pytest.raises(FileNotFoundError, match='nowhere.* work directory of such a run'):
            load(tmp_path / 'nowhere')

    @pytest.mark.parametrize('size', [0, 5, 200])
    def test_a_file_that_is_cut(self, folder, size):
        path = folder / 'epoch_012.npz'
        path.write_bytes(path.read_bytes()[:size])
        with pytest.raises(ValueError, match=r'epoch_012\.npz does not hold pseudo labels'):
            load_labels(folder)

    @pytest.mark.parametrize(
        ('arrays', 'message'),
        [
            ({'images': np.zeros(3, np.int64)}, 'it has neither image nor text'),
            ({'image': np.zeros(3)}, "labels of 'image' must be int64"),
            (
                {'image': np.zeros(4, np.int64), 'image_mined': np.zeros(3, bool)},
                r"mined of 'image' has shape \(3,\), but the labels have \(4,\)",
            ),
        ],
    )
    def test_a_file_of_other_arrays(self, folder, arrays, message):
        np.savez(folder / 'epoch_012.npz', **arrays)
        match = rf'epoch_012\.npz does not hold pseudo labels \({message}.*remove it'
        with pytest.raises(ValueError, match=match):
            load_labels(folder)

    @pytest.mark.parametrize('line', ['{"epoch": 13, "ima', '[1]', '{"image/clusters": 5}'])
    def test_a_line_of_the_history_that_is_broken(self, folder, line):
        with (folder / 'history.jsonl').open('a') as file:
            file.write(line)
        with pytest.raises(ValueError, match=r'history\.jsonl, line 4: expected .*Remove the line'):
            load_history(folder)
