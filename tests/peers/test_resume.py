"""A resumed run goes on as an uninterrupted one: with coins for noisy pairs, and with memories."""

import pytest
import torch
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config

THREE_EPOCHS = """
train_cfg = dict(max_epochs=3, val_interval=3)
default_hooks = dict(
    ranked_sheet=None,
    checkpoint=dict(max_keep_ckpts=-1, save_best=None),
    pseudo_labels=dict(start={start}),
)
"""


@pytest.mark.parametrize(('method', 'start'), [('rde', 0), ('dgcmia', 1)])
def test_the_third_epoch_is_the_same_to_the_bit(small_config, tmp_path, method, start):
    extra = THREE_EPOCHS.format(start=start)
    config = small_config(f'{method}/{method}_synthetic.py', extra)
    whole, resumed = (tmp_path / name for name in ('whole', 'resumed'))
    Runner.from_cfg(load_run_config(config, str(whole))).train()
    options = dict(resume=True, load_from=str(whole / 'epoch_2.pth'), experiment_name='resumed')
    Runner.from_cfg(load_run_config(config, str(resumed), options)).train()
    one, other = (torch.load(folder / 'epoch_3.pth') for folder in (whole, resumed))
    for key, value in one['state_dict'].items():
        assert torch.equal(other['state_dict'][key], value), key
    kinds = one['pseudo_labels'], other['pseudo_labels']
    for kind in ('labels', 'weights', *(['memories'] if method == 'dgcmia' else [])):
        first, second = (flat(known[kind]) for known in kinds)
        assert first.keys() == second.keys()
        assert all(torch.equal(first[key], second[key]) for key in first)


def flat(nested):
    """Tensors by the names that lead to them."""
    if isinstance(nested, torch.Tensor):
        return {(): nested}
    return {(key, *rest): x for key, value in nested.items() for rest, x in flat(value).items()}
