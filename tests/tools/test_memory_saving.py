"""What saves memory by config: gradient accumulation and activation checkpointing."""

import pytest
import torch
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from cpcl_mm.apis import load_run_config
from cpcl_mm.registry import MODELS

# One epoch of 24 pairs without augmentation, scheduler and test, with an optimizer that does not
# blow up rounding errors. Every pair has a label.
PLAIN = """
train_dataloader['dataset'] = dict(**data, pipeline=_base_.test_pipeline)
train_dataloader['num_workers'] = 0
train_cfg = dict(max_epochs=1, val_interval=2)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.01, weight_decay=0, _delete_=True))
param_scheduler = []
test_cfg = test_dataloader = test_evaluator = None
true = dict(type='TrueIdentities', _delete_=True)
pipeline = _base_.test_pipeline
default_hooks = dict(pseudo_labels=dict(labeller=true, start=0, pipeline=pipeline))
"""
# With momentum 1 a memory stays what the clustering made it.
ONLY_PROTOTYPES = {'model.head.weights': dict(instance=0.0, intra=1.0, cross=1.0)}
STILL_MEMORY = {'model.head.memory.momentum': 1.0}


@pytest.fixture
def train(tmp_path, small_config):
    """A function that trains an epoch with some settings and returns the trained model."""

    def run(name, **options):
        config = small_config('cpcl_synthetic.py', PLAIN)
        cfg = load_run_config(config, str(tmp_path / name), options)
        return Runner.from_cfg(cfg).train()

    return run


def whole(train, **options):
    return train('whole', **{'train_dataloader.batch_size': 8}, **options)


def accumulated(train, **options):
    halves = {'train_dataloader.batch_size': 4, 'optim_wrapper.accumulative_counts': 2}
    return train('accumulated', **halves, **options)


def difference(one, other, part=''):
    """Largest difference of the weights of two models."""
    pairs = zip(one.named_parameters(), other.parameters(), strict=True)
    return max((a - b).abs().max().item() for (name, a), b in pairs if part in name)


def test_terms_of_each_pair_alone_accumulate_to_the_update_of_the_whole_batch(train):
    options = ONLY_PROTOTYPES | STILL_MEMORY
    assert difference(whole(train, **options), accumulated(train, **options)) < 1e-6


def test_contrast_within_the_batch_sees_the_small_batch_alone(train):
    only = {'model.head.weights': dict(instance=1.0, intra=0.0, cross=0.0)}
    assert difference(whole(train, **only), accumulated(train, **only)) > 1e-4


def test_memories_are_updated_at_every_step(train, monkeypatch):
    updates = []
    monkeypatch.setattr(
        'cpcl_mm.models.memories.PrototypeMemory.update',
        lambda memory, features, labels, weights: updates.append(len(labels)),
    )
    accumulated(train)
    # An image and a text memory, 24 pairs in steps of 4.
    assert updates == [4] * (2 * 6)


def with_cp(switch):
    return {f'model.{tower}_backbone.with_cp': switch for tower in ('image', 'text')}


def test_activation_checkpointing_changes_no_update(train):
    assert difference(whole(train), whole(train, **with_cp(True))) < 1e-6


@pytest.mark.parametrize(('switch', 'calls'), [(False, 1), (True, 2)])
def test_activation_checkpointing_computes_blocks_twice(small_config, switch, calls):
    cfg = load_run_config(small_config(), cfg_options=with_cp(switch))
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model).train()
    blocks = {
        'image': model.image_backbone.tower.trunk.blocks[0],
        'text': model.text_backbone.tower.transformer.resblocks[0],
    }
    inputs = {'image': torch.rand(2, 3, 96, 48), 'text': torch.ones(2, 40, dtype=torch.long)}
    for key, block in blocks.items():
        seen = []
        block.mlp.register_forward_pre_hook(lambda *args, seen=seen: seen.append(1))
        model(inputs)[key].sum().backward()
        assert len(seen) == calls
