"""Pseudo labels and their history, written and read back."""

import numpy as np
import pytest

from cpcl_mm.pseudo_labels import (
    PseudoLabels,
    RefinedLabels,
    load_history,
    load_pseudo_labels,
    recorded_epochs,
    save_pseudo_labels,
)


def make_labels(first=0):
    """Labels of three images and four captions; ``first`` tells one clustering from another."""
    return RefinedLabels(
        PseudoLabels(np.array([first, -1, 1]), np.array([0, 0, -1, first])),
        mined_images=np.array([False, False, True]),
        mined_texts=np.array([True, False, False, False]),
    )


@pytest.fixture
def folder(tmp_path):
    """Labels of epochs 2, 4 and 12."""
    for epoch in (2, 4, 12):
        save_pseudo_labels(
            tmp_path / 'labels', epoch, make_labels(epoch), {'image/nmi': epoch / 20}
        )
    return tmp_path / 'labels'


def test_labels_come_back_as_they_were(folder):
    loaded, expected = load_pseudo_labels(folder, 4), make_labels(4)
    np.testing.assert_array_equal(loaded.labels.image, expected.labels.image, strict=True)
    np.testing.assert_array_equal(loaded.labels.text, expected.labels.text, strict=True)
    np.testing.assert_array_equal(loaded.mined_images, expected.mined_images, strict=True)
    np.testing.assert_array_equal(loaded.mined_texts, expected.mined_texts, strict=True)


def test_the_latest_labels_are_the_default(folder):
    assert load_pseudo_labels(folder).labels.image[0] == 12


def test_the_latest_is_found_by_number_not_by_name(folder):
    for epoch in (1000, 999):
        save_pseudo_labels(folder, epoch, make_labels(epoch), {})
    (folder / 'epoch_best.npz').touch()
    assert recorded_epochs(folder) == [2, 4, 12, 999, 1000]
    assert load_pseudo_labels(folder).labels.image[0] == 1000


def test_files_are_named_by_epoch_and_nothing_else_is_left(folder):
    names = sorted(path.name for path in folder.iterdir())
    assert names == ['epoch_002.npz', 'epoch_004.npz', 'epoch_012.npz', 'history.jsonl']


def test_the_history_has_an_entry_for_each_clustering(folder):
    assert load_history(folder) == [
        {'epoch': 2, 'image/nmi': 0.1},
        {'epoch': 4, 'image/nmi': 0.2},
        {'epoch': 12, 'image/nmi': 0.6},
    ]


def test_numbers_of_numpy_can_be_recorded(tmp_path):
    quality = {'a': np.float32(0.5), 'b': np.int64(3)}
    save_pseudo_labels(tmp_path, 1, make_labels(), quality)
    assert load_history(tmp_path) == [{'epoch': 1, 'a': 0.5, 'b': 3.0}]


def test_a_repeated_epoch_replaces_the_earlier_one(folder):
    save_pseudo_labels(folder, 4, make_labels(40), {'image/nmi': 0.9})
    assert load_pseudo_labels(folder, 4).labels.image[0] == 40
    history = load_history(folder)
    assert [entry['epoch'] for entry in history] == [2, 4, 12]
    assert history[1]['image/nmi'] == 0.9


class TestErrors:
    def test_an_epoch_that_is_not_there(self, folder):
        with pytest.raises(FileNotFoundError, match='epoch 3: there are those of epochs 2, 4, 12'):
            load_pseudo_labels(folder, 3)

    @pytest.mark.parametrize('load', [load_pseudo_labels, load_history])
    def test_a_folder_that_is_not_there(self, tmp_path, load):
        with pytest.raises(FileNotFoundError, match='nowhere.* work directory of such a run'):
            load(tmp_path / 'nowhere')

    @pytest.mark.parametrize('size', [0, 5, 200])
    def test_a_file_that_is_cut(self, folder, size):
        path = folder / 'epoch_012.npz'
        path.write_bytes(path.read_bytes()[:size])
        with pytest.raises(ValueError, match=r'epoch_012\.npz does not hold pseudo labels'):
            load_pseudo_labels(folder)

    def test_a_file_of_other_arrays(self, folder):
        np.savez(folder / 'epoch_012.npz', image=np.zeros(3))
        with pytest.raises(ValueError, match=r'epoch_012\.npz does not hold pseudo labels.*text'):
            load_pseudo_labels(folder)

    def test_arrays_that_do_not_fit(self, folder):
        four, three = np.zeros(4, np.int64), np.zeros(3, bool)
        arrays = {'image': four, 'text': four, 'mined_images': three, 'mined_texts': four > 0}
        np.savez(folder / 'epoch_012.npz', **arrays)
        with pytest.raises(ValueError, match=r'image labels \(4,\) and mined_images \(3,\)'):
            load_pseudo_labels(folder)

    @pytest.mark.parametrize('line', ['{"epoch": 13, "ima', '[1]', '{"image/nmi": 0.5}'])
    def test_a_line_of_the_history_that_is_broken(self, folder, line):
        with (folder / 'history.jsonl').open('a') as file:
            file.write(line)
        with pytest.raises(ValueError, match=r'history\.jsonl, line 4: expected .*Remove the line'):
            load_history(folder)
