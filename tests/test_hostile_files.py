"""Nothing runs, whatever a file holds: every hostile file at every entrance, under an audit hook.

``python tests/test_hostile_files.py`` tries them all, and writes the table of ``docs/security.md``.
"""

import contextlib
import re
import runpy
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn

from cpcl_mm.datasets import ImageCaptionDataset
from cpcl_mm.models.clip_weights import load_tower_weights
from cpcl_mm.search import PersonSearcher
from cpcl_mm.search.loading import load_encoder
from cpcl_mm.utils.safe_checkpoints import load_checkpoint_file
from cpcl_mm.visualization.canvas import load_tile

HERE = Path(__file__).parent
HOSTILE = runpy.run_path(str(HERE / 'hostile_files.py'))
ATTACKS, CHECKPOINTS = HOSTILE['ATTACKS'], HOSTILE['CHECKPOINTS']
watch = runpy.run_path(str(HERE / 'audit.py'))['watch']
ColorEncoder = runpy.run_path(str(HERE / 'color_encoder.py'))['ColorEncoder']
PAGE = HERE.parent / 'docs' / 'security.md'
TABLE = re.compile(r'(?<=<!-- attacks -->\n).*?(?=<!-- end -->)', re.DOTALL)
pytest.importorskip('onnxruntime')


class ToyModel(BaseModel):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, inputs, mode='tensor'):
        loss = self.linear(torch.stack(inputs)).mean()
        return {'loss': loss} if mode == 'loss' else [loss]


class Clock(BaseMetric):
    """A score that rises, so that the best checkpoint is exchanged at every epoch."""

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        return {'clock': time.monotonic()}


def make_runner(folder, epochs, load_from=None, resume=False):
    """A stock Runner of mmengine."""
    loader = dict(
        dataset=[dict(inputs=torch.ones(1))] * 2,
        sampler=dict(type='DefaultSampler', shuffle=False),
        batch_size=1,
        collate_fn=pseudo_collate,
    )
    keep = dict(type='CheckpointHook', max_keep_ckpts=2, save_best='clock', rule='greater')
    return Runner(
        ToyModel(),
        str(folder),
        train_dataloader=loader,
        val_dataloader=loader,
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        val_cfg={},
        val_evaluator=[Clock()],
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        default_hooks=dict(checkpoint=keep),
        load_from=None if load_from is None else str(load_from),
        resume=resume,
        experiment_name=f'hostile_{time.monotonic_ns()}',
    )


def train_on(path, folder, resume):
    make_runner(folder, 2, path, resume).train()


def initialize(path, folder):
    model = ToyModel()
    model.init_cfg = dict(type='Pretrained', checkpoint=str(path))
    model.init_weights()


def index(path, folder):
    PersonSearcher(ColorEncoder()).index([path])


def read_annotations(path, folder):
    dataset = ImageCaptionDataset(
        data_root=str(path.parent),
        ann_file=path.name,
        split='test',
        view='images',
        pipeline=[dict(type='LoadImage')],
    )
    for number in range(len(dataset)):
        dataset[number]


OPEN = {
    'resume': partial(train_on, resume=True),
    'load_from': partial(train_on, resume=False),
    'init_cfg': initialize,
    '--weights': lambda path, _: load_tower_weights(str(path), 'cpcl-tiny', 'visual'),
    'search': lambda path, _: load_encoder(path, device='cpu'),
    'ONNX folder': lambda path, _: load_encoder(path, device='cpu'),
    'gallery': lambda path, _: PersonSearcher.open(path, device='cpu'),
    'image': index,
    'figure': lambda path, _: load_tile(str(path), (8, 16)),
    'annotation file': read_annotations,
}
"""What opens a file; where it trains, into a folder."""


@pytest.fixture(scope='module')
def good_files(tmp_path_factory, small_checkpoint):
    """A file for each kind of entrance that nothing is wrong with."""
    folder = tmp_path_factory.mktemp('good')
    make_runner(folder, 1).train()
    trained = load_checkpoint_file(small_checkpoint)
    hub = dict(log_scalars={}, runtime_info={}, resumed_keys={})
    torch.save({**trained, 'message_hub': hub}, folder / 'model.pth')
    return {'resume': folder / 'epoch_1.pth', 'search': folder / 'model.pth'}


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A working directory with something to lose, and a program for PostScript."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'thesis.txt').write_text('chapter 1')
    (tmp_path / 'hostile').mkdir()
    (tmp_path / 'bin').mkdir()
    (tmp_path / 'bin' / 'gs').write_text('#!/bin/sh\ntouch PWNED\n')
    (tmp_path / 'bin' / 'gs').chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path / "bin"}:/usr/bin:/bin')
    # Pillow remembers where it found the program.
    monkeypatch.setattr('PIL.EpsImagePlugin.gs_binary', None)
    return tmp_path


def good_file(attack, files):
    return files['search' if attack.entrance in ('search', '--weights') else 'resume']


USUAL = {}
"""By entrance, what opening a file that nothing is wrong with does."""


def usual_deeds(entrance, files, desk):
    """Open a good file once, which also imports what is imported on first use."""
    if entrance not in USUAL:
        USUAL[entrance] = set()
        if entrance in CHECKPOINTS['ENTRANCES']:
            path = files['search' if entrance in ('search', '--weights') else 'resume']
            with watch(desk / 'run') as deeds:
                OPEN[entrance](path, desk / 'run')
            USUAL[entrance] = set(deeds)
    return USUAL[entrance]


@pytest.mark.parametrize(
    'attack',
    [
        pytest.param(
            attack,
            id=f'{attack.entrance}: {attack.name}',
        )
        for attack in ATTACKS
    ],
)
def test_nothing_runs_and_the_file_is_named(attack, good_files, desk):
    usual = usual_deeds(attack.entrance, good_files, desk)
    path = attack.make(good_file(attack, good_files), desk / 'hostile')
    error = None
    with watch(desk / 'run') as deeds:
        try:
            OPEN[attack.entrance](path, desk / 'run')
        except (OSError, ValueError) as caught:
            error = caught
    assert set(deeds) <= usual
    assert not (desk / 'PWNED').exists()
    assert (desk / 'thesis.txt').read_text() == 'chapter 1'
    if attack.is_refused:
        assert 'evil' in str(error) or path.name in str(error)
        # As PyTorch recommends.
        assert 'weights_only' not in str(error)
    else:
        assert error is None


@pytest.mark.parametrize(
    ('deed', 'event'),
    [
        (lambda: Path('PWNED').touch(), 'open'),
        (lambda: __import__('antigravity_of_nobody'), 'import'),
        (lambda: CHECKPOINTS['subprocess'].run(['true'], check=True), 'subprocess.Popen'),
        (lambda: CHECKPOINTS['pickle'].loads(b'cos\nsystem\n.'), 'pickle.find_class'),
        (lambda: CHECKPOINTS['urllib'].request.urlopen(CHECKPOINTS['URL']), 'urllib.Request'),
        (lambda: CHECKPOINTS['os'].system('true'), 'os.system'),
        (lambda: Path('thesis.txt').unlink(), 'os.remove'),
        (lambda: exec('1'), 'exec'),
    ],
)
def test_the_hook_sees_deeds(desk, deed, event):
    with watch(desk / 'run') as deeds, contextlib.suppress(ImportError, OSError):
        deed()
    assert event in {name for name, _ in deeds}


def test_the_page_has_the_table_of_these_attacks():
    rows = TABLE.search(PAGE.read_text(encoding='utf-8'))[0].splitlines()[2:]
    tried = {row.split('|')[1].strip(): int(row.split('|')[2]) for row in rows}
    assert tried == {**Counter(attack.entrance for attack in ATTACKS), 'all': len(ATTACKS)}


class Record:
    """Counts which attacks were held."""

    def __init__(self):
        self.held = Counter()

    def pytest_runtest_logreport(self, report):
        if report.when == 'call' and report.outcome == 'passed' and '[' in report.nodeid:
            self.held[report.nodeid.partition('[')[2].partition(':')[0]] += 1

    def table(self):
        tried = Counter(attack.entrance for attack in ATTACKS)
        rows = [f'| {name} | {tried[name]} | {self.held[name]} |' for name in tried]
        held = sum(self.held[name] for name in tried)
        head = ['| entrance | tried | held |', '|---|---|---|']
        return '\n'.join([*head, *rows, f'| all | {len(ATTACKS)} | {held} |', ''])


if __name__ == '__main__':
    record = Record()
    pytest.main([__file__, '-q', '-k', 'test_nothing_runs'], plugins=[record])
    PAGE.write_text(TABLE.sub(record.table(), PAGE.read_text(encoding='utf-8')), encoding='utf-8')
    print(record.table())
