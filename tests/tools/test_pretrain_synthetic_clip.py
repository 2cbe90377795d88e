import runpy
import sys
from pathlib import Path

import pytest
from safetensors import safe_open

from cpcl_mm.models import CLIPImageTower
from cpcl_mm.search import PersonSearcher

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def pretrain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Remakes the weights with two steps on 32 pictures."""

    def run(name: str) -> Path:
        out = tmp_path / f'{name}.safetensors'
        options = {
            'train_dataloader.dataset.data_root': tmp_path / 'catalog',
            'train_dataloader.dataset.settings.images': 32,
            'train_dataloader.batch_size': 32,
            'train_dataloader.num_workers': 0,
            'train_cfg.max_epochs': 1,
            **dict.fromkeys(f'{split}_{part}' for split in ('val', 'test') for part in PARTS),
            'default_hooks.final_test': None,
        }
        command = ['tool', str(REPOSITORY / 'configs/itc/pretrain_synthetic.py'), '--out', str(out)]
        command += ['--work-dir', str(tmp_path / name), '--cfg-options']
        command += [f'{key}={value}' for key, value in options.items()]
        monkeypatch.setattr(sys, 'argv', command)
        tool = REPOSITORY / 'tools/pretrain_synthetic_clip.py'
        runpy.run_path(str(tool), run_name='__main__')
        return out

    return run


PARTS = ('dataloader', 'cfg', 'evaluator')


def test_weights_are_remade_to_the_byte_and_say_what_they_are(pretrain, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    first, second = pretrain('first'), pretrain('second')
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size < 2.5e6
    with safe_open(first, framework='pt') as content:
        assert str(tmp_path) not in str(content.metadata())  # nothing of the machine
        tower = CLIPImageTower('cpcl-tiny', pretrained=str(first))
        tower.init_weights()
        for key, value in tower.tower.state_dict().items():
            assert (content.get_tensor(f'image_backbone.tower.{key}').float() == value).all()
    picture = next((tmp_path / 'catalog' / 'imgs' / 'train').iterdir())
    searcher = PersonSearcher(first)
    searcher.index([picture])
    assert len(searcher.search('a red sweater', topk=1)) == 1
