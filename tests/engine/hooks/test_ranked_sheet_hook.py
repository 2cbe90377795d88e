"""The stock Runner draws ranked results after a test."""

import logging

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.visualization import Visualizer
from mmpretrain.structures import DataSample
from PIL import Image

from cpcl_mm.engine.hooks import RankedSheetHook
from cpcl_mm.registry import HOOKS


class Echo(BaseModel):
    """Predicts the feature that the item itself holds."""

    def forward(self, inputs, data_samples=None, mode='tensor'):
        for feature, sample in zip(inputs, data_samples, strict=True):
            sample.feature = feature
        return data_samples


@pytest.fixture
def items(tmp_path):
    """The retrieval view of four images of two identities, and a caption for each."""
    items = []
    for index in range(8):
        image_index, is_caption = index % 4, index >= 4
        path = str(tmp_path / f'{image_index}.png')
        Image.new('RGB', (48, 96), (50 * image_index, 90, 90)).save(path)
        sample = DataSample(
            metainfo={
                'modality': 'text' if is_caption else 'image',
                'image_index': image_index,
                'caption_index': image_index if is_caption else -1,
                'identity': image_index // 2,
                'caption': f'a person {image_index}' if is_caption else None,
                'img_path': None if is_caption else path,
            }
        )
        items.append({'inputs': torch.eye(4)[image_index], 'data_samples': sample})
    return items


@pytest.fixture
def make_runner(items, tmp_path):
    """A Runner that tests, with the hook as a config names it."""

    def make(hook=None, metric=None, **kwargs):
        return Runner(
            model=Echo(),
            work_dir=str(tmp_path / 'work'),
            test_dataloader={
                'dataset': items,
                'sampler': {'type': 'DefaultSampler', 'shuffle': False},
                'collate_fn': {'type': 'pseudo_collate'},
                'batch_size': 3,
            },
            test_cfg={'type': 'TestLoop'},
            test_evaluator={'type': 'TextPersonRetrievalMetric', **(metric or {})},
            custom_hooks=[{'type': 'RankedSheetHook', **(hook or {})}],
            default_scope='cpcl_mm',
            experiment_name=tmp_path.name,
            **kwargs,
        )

    return make


def test_is_registered():
    assert isinstance(HOOKS.build({'type': 'RankedSheetHook'}), RankedSheetHook)


def test_a_test_leaves_a_sheet_in_the_work_directory_and_says_where(make_runner, tmp_path):
    runner = make_runner()
    messages = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    runner.logger.addHandler(handler)
    assert runner.test()['t2i/R@1'] == 100
    path = tmp_path / 'work' / 'ranked_results.png'
    with Image.open(path) as sheet:
        assert sheet.width >= 640
    assert f'Ranked results are drawn in {path}' in messages


def test_folder_and_number_of_images_are_settings(make_runner, tmp_path):
    make_runner().test()
    out = tmp_path / 'a' / 'b'
    make_runner({'out_dir': str(out), 'topk': 1}).test()
    with (
        Image.open(out / 'ranked_results.png') as narrow,
        Image.open(tmp_path / 'work' / 'ranked_results.png') as wide,
    ):
        assert narrow.tobytes() != wide.tobytes()


def test_the_visualizer_gets_the_sheet(make_runner, monkeypatch):
    shown = []
    monkeypatch.setattr(
        Visualizer, 'add_image', lambda self, name, image, step: shown.append((name, image, step))
    )
    make_runner().test()
    [(name, image, step)] = shown
    assert (name, image.dtype, image.shape[2], step) == ('ranked_results', 'uint8', 3, 0)


def test_without_queries_to_draw_nothing_is_written(make_runner, tmp_path):
    make_runner(metric={'num_sheet_queries': 0}).test()
    assert not (tmp_path / 'work' / 'ranked_results.png').exists()


def test_other_processes_than_the_main_one_draw_nothing(make_runner, tmp_path, monkeypatch):
    runner = make_runner()
    runner.test()
    path = tmp_path / 'work' / 'ranked_results.png'
    path.unlink()
    monkeypatch.setattr('mmengine.dist.utils.get_rank', lambda group=None: 1)
    RankedSheetHook().after_test_epoch(runner)
    assert not path.exists()
