"""The script that waits for a GPU runs on a CPU, at sizes that take no time."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / 'tools' / 'benchmarks' / 'gpu.sh'
PEOPLE = {'train_identities': 6, 'val_identities': 3, 'test_identities': 3}


def few_people(root):
    """Options of a training of one epoch on a few drawn people."""
    options = ['train_cfg.max_epochs=1']
    for split in ('train', 'val', 'test'):
        options += [
            f'{split}_dataloader.dataset.data_root={root}',
            *(f'{split}_dataloader.dataset.settings.{key}={n}' for key, n in PEOPLE.items()),
        ]
    return ' '.join(['--seeds 0 --jobs 2 --cfg-options', *options])


def test_every_table_is_made(tmp_path):
    environ = {
        **os.environ,
        'CLUSTERING': '200 --dimensions 16',
        'EPOCH': 'configs/cpcl_synthetic.py --people 12 --batch-size 8 --warm-up 1 --steps 1',
        'ABLATION': few_people(tmp_path / 'pedes'),
        'PATH': f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}',
    }
    done = subprocess.run(
        ['bash', SCRIPT, tmp_path / 'out'],
        env=environ,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows = {
        name: (tmp_path / 'out' / name).read_text().splitlines()[-1]
        for name in ('clustering.md', 'epoch.md')
    }
    assert rows['clustering.md'].startswith('| 200 | ')
    assert rows['epoch.md'].startswith('| fp32 | no | ')
    assert (tmp_path / 'out' / 'ablation' / '06_oplm' / 'data0_seed0' / 'test_scores.json').exists()
