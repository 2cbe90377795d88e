"""docs/new_method.md: a method from outside the package, trained as the page has it."""

import re
from pathlib import Path

import pytest
import torch
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r'```python\n# (\S+\.py)\n(.*?)```', re.DOTALL)
FILES = dict(BLOCK.findall((ROOT / 'docs' / 'new_method.md').read_text(encoding='utf-8')))


def test_a_method_is_one_file_and_a_config_of_under_80_lines_together():
    assert FILES.keys() == {'my_method.py', 'my_method_synthetic.py'}
    assert sum(len(text.splitlines()) for text in FILES.values()) < 80


@pytest.fixture(scope='module')
def trained(write_small_config, tmp_path_factory):
    """The runner of the page's method after four epochs, labels from the second one on."""
    folder = tmp_path_factory.mktemp('method')
    for name, text in FILES.items():
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        config = write_small_config(folder / 'small.py', str(folder / 'my_method_synthetic.py'), '')
        runner = Runner.from_cfg(load_run_config(config, str(folder / 'run')))
        runner.train()
    return runner


def test_it_trains_with_its_labels_and_remembers_what_it_saw(trained):
    head = trained.model.head
    assert head.labels['image'].unique().tolist() == [0, 1, 2, 3]
    assert torch.equal(head.labels['text'], head.labels['image'].repeat_interleave(2))
    confidence = head.table.kinds['weights']['image']
    assert 0 < confidence.min() <= confidence.max() <= 1
    seen = head.memories['last_seen'].state['features']
    torch.testing.assert_close(seen.norm(dim=1), torch.ones(12))


def test_a_checkpoint_holds_labels_and_memory_beside_the_weights(trained):
    checkpoint = torch.load(Path(trained.work_dir, 'epoch_4.pth'), weights_only=False)
    assert checkpoint['pseudo_labels']['memories']['last_seen']['features'].shape == (12, 128)
    assert not [key for key in checkpoint['state_dict'] if key.startswith('head.')]
