"""Every command of ``docs/weights.md`` runs, on small files of the forms that it names."""

import json
import re
import runpy
import shlex
import sys
from pathlib import Path

import open_clip
import pytest
import torch

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / 'docs' / 'weights.md').read_text(encoding='utf-8')
COMMANDS = [
    line
    for block in re.findall(r'<!-- commands -->\n```bash\n(.*?)```', PAGE, re.DOTALL)
    for line in block.splitlines()
]
FORMS = {
    'openai': 'safetensors',
    'ViT-B-16.pt': 'torchscript',
    'rde/best.pth': 'rde',
    'dgcmia/best.pth': 'dgcmia',
    'tbps_clip/best.pth': 'tbps_clip',
}
"""What is written for the file that a command names; IRRA's form for all others."""

ARCHITECTURE = dict(
    embed_dim=24,
    quick_gelu=True,
    vision_cfg=dict(image_size=224, patch_size=16, width=32, layers=1, head_width=16),
    text_cfg=dict(context_length=77, vocab_size=49408, width=32, heads=2, layers=1),
)
SMALL = f"""
tower = dict(architecture={ARCHITECTURE!r}, pretrained='openai', _delete_=True)
model = dict(
    image_backbone=dict(tower, type='CLIPImageTower', image_size=(384, 128)),
    text_backbone=dict(tower, type='CLIPTextTower'),
)
train_dataloader = dict(batch_size=4, num_workers=0, dataset=data)
test_dataloader = dict(batch_size=4, num_workers=0, dataset=data)
train_cfg = dict(max_epochs=1)
"""


@pytest.fixture
def small(small_config, tmp_path, write_weights, pedes_root, monkeypatch):
    """A function from the arguments of a command to those on small files."""
    downloaded = []

    def download(repository, file, **options):
        downloaded.append((repository, file, options['repo_type']))
        return str(replace_weights('irra/best.pth'))

    def replace_weights(name):
        form = FORMS.get(name, 'irra')
        # The peers' towers have images of 384 x 128.
        size = 224 if form in ('safetensors', 'torchscript') else (384, 128)
        torch.manual_seed(0)
        vision = dict(ARCHITECTURE['vision_cfg'], image_size=size)
        model = open_clip.CLIP(**{**ARCHITECTURE, 'vision_cfg': vision})
        return write_weights(form, model, tmp_path / 'weights')

    def replace(argument):
        if argument.startswith('configs/'):
            # ICFG-PEDES has no val split.
            no_val = 'val_dataloader = None\n' if 'icfg' in argument else ''
            return small_config(argument.removeprefix('configs/'), SMALL + no_val)
        if argument.startswith('data/'):
            return str(pedes_root)
        if argument.startswith('hf://'):
            return argument
        if argument in FORMS or argument.endswith('/best.pth'):
            return str(replace_weights(argument))
        return argument

    monkeypatch.setattr('cpcl_mm.models.clip_weights.hf_hub_download', download)
    monkeypatch.chdir(tmp_path)
    return lambda arguments: ([replace(argument) for argument in arguments], downloaded)


@pytest.mark.parametrize('command', COMMANDS)
@pytest.mark.filterwarnings('ignore::FutureWarning', 'ignore::DeprecationWarning')
def test_a_command_of_the_page_runs(command, small, tmp_path, monkeypatch):
    _, tool, *arguments = shlex.split(command, comments=True)
    arguments, downloaded = small(arguments)
    monkeypatch.setattr(sys, 'argv', [tool, *arguments])
    runpy.run_path(str(ROOT / tool), run_name='__main__')
    if 'hf://' in command:
        assert set(downloaded) == {('TwT-6/MLLM4Text-ReID', command[-9:], 'dataset')}
    if 'convert' in tool:
        assert (tmp_path / arguments[1]).stat().st_size
        return
    (run,) = (tmp_path / 'work_dirs').iterdir()
    (log,) = run.glob('*/*.log')
    assert 'go into the image tower' in log.read_text()
    (scores,) = (json.loads(file.read_text()) for file in run.glob('*/*.json'))
    assert scores['t2i/R@1'] >= 0


def test_the_page_has_commands_for_training_and_testing():
    assert len(COMMANDS) == 12
    assert {line.split()[1] for line in COMMANDS} == {
        'tools/test.py',
        'tools/train.py',
        'tools/convert_weights.py',
    }
