"""Weights as the field exchanges them, in the names that its code gives them; small and random."""

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

State = dict[str, Tensor]

HALF = ('conv1.weight', 'in_proj_', 'out_proj.', 'c_fc.', 'c_proj.')
"""Parts of names of what OpenAI's code, and IRRA's, turns into half precision; and projections."""


def mixed_precision(state: State) -> State:
    """Round to half what the peers keep so; layer norms and embeddings stay fp32."""
    return {
        key: x.half()
        if any(part in key for part in HALF) or key.endswith(('proj', '_projection'))
        else x
        for key, x in state.items()
    }


def towers(state: State) -> State:
    """Leave out the temperature."""
    return {key: x for key, x in state.items() if key != 'logit_scale'}


def irra(state: State) -> dict:
    """Write ``{'model': ...}`` of IRRA, NAM and HAM, with what training keeps beside."""
    heads = {
        'classifier.weight': torch.ones(5, 24),
        'cross_attn.in_proj_weight': torch.ones(72, 24),
        'cross_modal_transformer.resblocks.0.ln_1.weight': torch.ones(24),
        **{f'{name}.weight': torch.ones(24) for name in ('ln_pre_t', 'ln_pre_i', 'ln_post')},
        'mlm_head.dense.weight': torch.ones(24, 24),
    }
    return _in_irras_form(mixed_precision(state), heads)


def rde(state: State) -> dict:
    """Write RDE's and ICL's, whose heads are spelled so; of several GPUs."""
    heads = {
        'visul_emb_layer.fc.weight': torch.ones(4, 24),
        'texual_emb_layer.fc.weight': torch.ones(4, 24),
    }
    return _in_irras_form(mixed_precision(state), heads, 'module.')


def dgcmia(state: State) -> dict:
    """Write DGCMIA's, with its memories."""
    return _in_irras_form(
        mixed_precision(state), {'img_memory': torch.ones(9, 24), 'txt_memory': torch.ones(9, 24)}
    )


def _in_irras_form(state: State, heads: State, prefix: str = '') -> dict:
    model = {f'{prefix}base_model.{key}': x for key, x in towers(state).items()} | {
        f'{prefix}{key}': x for key, x in heads.items()
    }
    extras = dict(optimizer={'state': {}, 'param_groups': []}, scheduler={'last_epoch': 3})
    return {'model': model, **extras, 'epoch': 3, 'num_epoch': 60, 'iteration': 9}


def tbps_clip(state: State) -> dict:
    """Write TBPS-CLIP's."""
    model = {
        k if k.startswith(('visual.', 'logit')) else f'encode_text.{k}': x for k, x in state.items()
    }
    return {'model': model | {'simclr_mlp.0.weight': torch.ones(2, 24)}}


class Node(nn.Module):
    """A module of which nothing but its tensors matters."""

    def forward(self, x: Tensor) -> Tensor:
        return x


def torchscript(state: State, path: Path) -> None:
    """Write an archive as OpenAI's ``ViT-B-16.pt`` is one, with settings beside the weights."""
    settings = dict(input_resolution=64, context_length=16, vocab_size=64)
    root = Node()
    for name, x in {
        **mixed_precision(state),
        **{k: torch.tensor(v) for k, v in settings.items()},
    }.items():
        *parents, last = name.split('.')
        node = root
        for parent in parents:
            if parent not in node._modules:
                node.add_module(parent, Node())
            node = node._modules[parent]
        node.register_buffer(last, x)
    torch.jit.script(root).save(str(path))


PICKLED: dict[str, Callable[[State], dict]] = {
    'irra': irra,
    'rde': rde,
    'dgcmia': dgcmia,
    'tbps_clip': tbps_clip,
    'open_clip': dict,
    'open_clip_training': lambda state: {
        'epoch': 3,
        'state_dict': {f'module.{key}': x for key, x in state.items()},
    },
    'net': lambda state: {'net': {'model': state}},
    'mmengine': lambda state: {
        'meta': {'epoch': 3},
        'message_hub': {},
        'state_dict': {
            f'image_backbone.tower.{k.removeprefix("visual.")}'
            if k.startswith('visual.')
            else f'text_backbone.tower.{k}': x
            for k, x in towers(state).items()
        },
    },
}
FORMS = [*PICKLED, 'torchscript', 'safetensors']
HALVED = ('irra', 'rde', 'dgcmia', 'torchscript')
"""Forms of mixed precision."""


def write_weights(form: str, model: nn.Module, path: Path) -> Path:
    """Write the weights of an ``open_clip.CLIP``.

    Args:
        form (str): One of ``FORMS``.
        model (nn.Module): The model.
        path (Path): The file, without its suffix.

    Returns:
        Path: The file.
    """
    state = {key: x.detach().clone() for key, x in model.state_dict().items()}
    if form == 'torchscript':
        torchscript(state, path := path.with_suffix('.pt'))
    elif form == 'safetensors':
        save_file(state, path := path.with_suffix('.safetensors'))
    else:
        torch.save(PICKLED[form](state), path := path.with_suffix('.pth'))
    return path
