import json

import pytest
import torch

from cpcl_mm.search import PersonSearcher
from cpcl_mm.search.loading import load_encoder

EXTRA = """
train_cfg = dict(max_epochs=1, val_interval=1)
default_hooks = dict(adapter_checkpoint={hook})
"""
ALONE = "dict(type='AdapterCheckpointHook')"


def train(run_tool, small_config, folder, base, hook=ALONE):
    config = small_config('lora/lora_synthetic.py', EXTRA.format(hook=hook))
    run_tool('train.py', config, '--weights', base, '--work-dir', folder)
    return config, folder / 'epoch_1.pth'


def test_a_merged_checkpoint_tests_and_searches_as_the_adapters_did(
    run_tool, small_config, small_checkpoint, tmp_path, crops
):
    config, checkpoint = train(run_tool, small_config, tmp_path / 'run', small_checkpoint)
    with pytest.raises(ValueError, match='epoch_1.pth: these are adapters .*tools/merge_lora.py'):
        load_encoder(checkpoint, device='cpu')
    merged = tmp_path / 'merged.pth'
    printed = run_tool('merge_lora.py', config, checkpoint, merged, '--weights', small_checkpoint)
    assert f'{merged}: 81 tensors' in printed
    plain = small_config('itc/clip_itc_synthetic.py')
    run_tool('test.py', plain, merged, '--work-dir', tmp_path, '--out', tmp_path / 'scores.json')
    scores = json.loads((tmp_path / 'scores.json').read_text())
    expected = json.loads((tmp_path / 'run' / 'test_scores.json').read_text())
    assert scores == pytest.approx(expected)
    searcher = PersonSearcher(load_encoder(merged, device='cpu'))
    searcher.index([crops])
    assert len(searcher.search('a red shirt', topk=2)) == 2


def test_a_whole_checkpoint_needs_no_merging_for_search(
    run_tool, small_config, small_checkpoint, tmp_path
):
    config, checkpoint = train(run_tool, small_config, tmp_path / 'run', small_checkpoint, 'None')
    merged = tmp_path / 'merged.pth'
    run_tool('merge_lora.py', config, checkpoint, merged, '--weights', small_checkpoint)
    encoders = [load_encoder(path, device='cpu') for path in (checkpoint, merged)]
    assert encoders[0].fingerprint == encoders[1].fingerprint
    trained, base = (torch.load(path)['state_dict'] for path in (merged, small_checkpoint))
    changed = {key for key, x in trained.items() if not torch.equal(x, base[key])}
    assert changed
    assert all('attn' in key or 'mlp' in key for key in changed)
