import json
import re
import runpy
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[3] / 'tools' / 'benchmarks' / 'scale_rehearsal.py'
# Images as small as the model's of the built-in data set: the default config's take long.
SMALL = """
_base_ = {base!r}
small = [
    dict(type='OnImage', transforms=[dict(type='LoadImage'), dict(type='Resize', scale=(16, 32))]),
    *_base_.test_pipeline[1:],
]
train_dataloader = dict(dataset=dict(pipeline=small))
test_dataloader = dict(dataset=dict(pipeline=small))
"""


@pytest.fixture
def main():
    return runpy.run_path(str(TOOL))['main']


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'small.py'
    path.write_text(SMALL.format(base=str(TOOL.parents[2] / 'configs' / 'cpcl_cuhk.py')))
    return str(path)


def test_every_stage_is_measured_on_a_data_set_of_that_share(main, config, tmp_path, capsys):
    root = tmp_path / 'pedes'
    args = ['--config', config, '--scale', '0.005', '--workers', '1', '--dims', '32']
    assert main([*args, '--root', str(root)]) == 0
    printed = capsys.readouterr().out
    for stage in (
        *('make the data set', 'read annotations, check images', 'load 341 pairs'),
        *('load 170 images', 'load 341 captions', 'make up features'),
        *('label 170 images and 341 captions', 'centroids, report', 'evaluate 46 items'),
    ):
        assert re.search(rf'^{re.escape(stage)} +[\d.]+ +[\d,]+ +[\d,]+ +[\d,]+$', printed, re.M)
    assert re.search(r'image \d+ clusters, .* text \d+ clusters', printed)
    assert re.search(r't2i/R@1 \d+\.\d', printed)
    assert re.search(r'peak of all processes \d\.\d\d GiB, within the limit of 6 GiB', printed)
    records = json.loads((root / 'reid_raw.json').read_text())
    assert {'split', 'captions', 'file_path', 'processed_tokens', 'id'} == records[0].keys()
    train = [record for record in records if record['split'] == 'train']
    assert len({record['id'] for record in train}) == 55


def test_memory_beyond_the_limit_is_a_failure(main, config, capsys):
    args = ['--config', config, '--scale', '0.002', '--workers', '0', '--dims', '16']
    assert main([*args, '--limit-gib', '0.01']) == 1
    assert 'MORE THAN the limit of 0.01 GiB' in capsys.readouterr().out


def test_a_share_that_is_none(main, capsys):
    with pytest.raises(SystemExit):
        main(['--scale', '2'])
    assert '--scale 2.0: the share must lie above 0 and at most at 1' in capsys.readouterr().err


def test_help_teaches_by_example(main, capsys):
    with pytest.raises(SystemExit, match='0'):
        main(['--help'])
    assert 'scale_rehearsal.py --scale 0.02' in capsys.readouterr().out
