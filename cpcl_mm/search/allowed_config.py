"""What the config inside a checkpoint or an export may build: a closed list, arguments included.

A list of names alone would not do: registered classes of packages that mean well open, fetch,
unpickle or import what their arguments name. Here stands what a model for searching needs, and of
each argument what it may be: numbers and flags, or one of some known names. A string is a path
nowhere but as ``local_files``, which has to be a folder on this machine.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import open_clip
import timm
from mmpretrain.models import ConvNeXt, SwinTransformer, VisionTransformer

from cpcl_mm.models.tokenizers.hub_files import check_tokenizer_files

# Registry scopes that a file may name; mmengine imports a module of the name of any other.
SCOPES = ('cpcl_mm', 'mmpretrain', 'mmengine')

# Arguments of models that are for training alone: they are dropped, whatever they hold.
UNREAD = ('head', 'init_cfg', 'lora', 'pretrained')

NOT_LISTED = 'not on the list of what is built from a file alone (docs/security.md)'

# Gives back a value, or raises RefusedError for it; the text is its dotted key.
Check = Callable[[Any, str], Any]


class RefusedError(ValueError):
    """A value that the list does not have; names its dotted key."""

    def __init__(self, key: str, value: Any, reason: str = NOT_LISTED) -> None:
        super().__init__(f'{key} = {value!r:.80}: {reason}')


def allow_model(model: Any) -> dict[str, Any]:
    """Check the config of a model, and return it without what is for training alone.

    Raises:
        RefusedError: If it holds anything that is not on the list.
    """
    return _build_of(MODELS, UNREAD)(model, 'model')


def allow_pipeline(pipeline: Any) -> list[dict[str, Any]]:
    """Check test transforms, and return them; raises as :func:`allow_model`."""
    return _transforms(pipeline, 'pipeline')


def allow_scope(scope: Any) -> str:
    """Check the name of a registry scope, and return it; raises as :func:`allow_model`."""
    if scope not in SCOPES:
        raise RefusedError('default_scope', scope)
    return scope


def _names(*names: str) -> Check:
    """Allow some names, numbers, flags, nothing, and sequences of them."""

    def check(value: Any, key: str) -> Any:
        if isinstance(value, list | tuple):
            return type(value)(check(x, f'{key}[{index}]') for index, x in enumerate(value))
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str) and value in names:
            return value
        raise RefusedError(key, value)

    return check


def _if(is_allowed: Callable[[Any], bool]) -> Check:
    """Allow what passes a test."""

    def check(value: Any, key: str) -> Any:
        if is_allowed(value):
            return value
        raise RefusedError(key, value)

    return check


def _optional(check: Check) -> Check:
    return lambda value, key: None if value is None else check(value, key)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_number = _names()
# Any string: what takes it compares it with names that it knows.
_text = _optional(_if(_is_text))
# A list of strings; a single one would be the path of a file.
_texts = _optional(_if(lambda value: isinstance(value, list | tuple) and all(map(_is_text, value))))
# A model that timm has, and not one of a hub or a folder.
_timm_model = _if(lambda value: _is_text(value) and value.isidentifier() and timm.is_model(value))


def _text_by_name(value: Any, key: str) -> Any:
    """Allow names of what an item or a model has, which are looked up there."""
    if value is not None and not isinstance(value, Mapping):
        raise RefusedError(key, value)
    return value and {str(x): _text(y, f'{key}.{x}') for x, y in value.items()}


def _tokenizer_files(value: Any, key: str) -> str | None:
    """Allow a folder on this machine whose files bring no code."""
    if _text(value, key) is not None:
        try:
            check_tokenizer_files(Path(value))
        except ValueError as error:
            raise RefusedError(key, value, str(error)) from error
    return value


def _build_of(types: Mapping[str, Mapping[str, Check]], unread: Sequence[str] = ()) -> Check:
    """Allow a config of one of some types, with the arguments that its type has."""

    def check(value: Any, key: str) -> Any:
        if not isinstance(value, Mapping):
            raise RefusedError(key, value)
        scope, _, name = str(value.get('type')).rpartition('.')
        if name not in types or (scope and scope not in SCOPES):
            raise RefusedError(f'{key}.type', value.get('type'))
        arguments = {'type': _text, '_scope_': _names(*SCOPES), **types[name]}
        return _arguments({x: y for x, y in value.items() if x not in unread}, key, arguments)

    return check


def _arguments(value: Any, key: str, checks: Mapping[str, Check]) -> dict[str, Any]:
    """Allow what is given to arguments that are on the list."""
    if not isinstance(value, Mapping):
        raise RefusedError(key, value)
    if unknown := [x for x in value if x not in checks]:
        raise RefusedError(f'{key}.{unknown[0]}', value[unknown[0]])
    return {x: checks[x](y, f'{key}.{x}') for x, y in value.items()}


def _transforms(value: Any, key: str) -> Any:
    if not isinstance(value, list | tuple):
        raise RefusedError(key, value)
    return [_build_of(TRANSFORMS)(x, f'{key}[{index}]') for index, x in enumerate(value)]


def _architecture(value: Any, key: str) -> Any:
    """Allow a name that open_clip has, or sizes in its form."""
    if isinstance(value, str) and value.replace('/', '-') in open_clip.list_models():
        return value
    if not isinstance(value, Mapping):
        raise RefusedError(key, value)
    for name, part in value.items():
        if name in ('vision_cfg', 'text_cfg'):
            _arguments(part, f'{key}.{name}', ARCHITECTURE)
        else:
            _number(part, f'{key}.{name}')
    return value


def _numbers(names: str) -> dict[str, Check]:
    """Allow numbers for arguments of some names, with spaces between."""
    return dict.fromkeys(names.split(), _number)


# What open_clip's model configs hold, but for what is fetched from a hub.
ARCHITECTURE: dict[str, Check] = {
    **_numbers(
        'image_size layers width patch_size head_width mlp_ratio ls_init_value no_ln_pre '
        'final_ln_after_pool output_tokens timm_model_pretrained timm_drop timm_drop_path '
        'timm_proj_bias context_length vocab_size heads no_causal_mask proj_bias eos_id '
        'embed_cls pad_id attentional_pool attn_pooler_heads'
    ),
    'timm_model_name': _timm_model,
    'timm_pool': _names('', 'avg', 'token', 'map'),
    'timm_proj': _names('', 'none', 'linear', 'mlp'),
    'pool_type': _names('tok', 'avg', 'none', 'first', 'last', 'argmax', 'eos'),
    'proj_type': _names('none', 'linear'),
}

RESIZE = {
    'backend': _names('cv2', 'pillow'),
    'interpolation': _names('nearest', 'bilinear', 'bicubic', 'area', 'lanczos', 'box', 'hamming'),
}

TOKENIZERS: dict[str, dict[str, Check]] = {
    'WordTokenizer': {'words': _texts, 'context_length': _number},
    'OpenCLIPTokenizer': {
        'architecture': _architecture,
        'local_files': _tokenizer_files,
        **_numbers('context_length download'),
    },
}

TRANSFORMS: dict[str, dict[str, Check]] = {
    'LoadImage': {},
    'Resize': {**RESIZE, **_numbers('scale scale_factor keep_ratio clip_object_border')},
    'ResizeEdge': {**RESIZE, 'scale': _number, 'edge': _names('short', 'long', 'width', 'height')},
    'CenterCrop': _numbers('crop_size auto_pad clip_object_border'),
    'Pad': {
        **_numbers('size size_divisor pad_to_square pad_val'),
        'padding_mode': _names('constant', 'edge', 'reflect', 'symmetric'),
    },
    'OnImage': {'transforms': _transforms},
    'Tokenize': {'tokenizer': _build_of(TOKENIZERS)},
    # Names of what an item holds, which are looked up in it.
    'PackImageCaption': {'keys': _text_by_name, 'meta_keys': _texts},
}

LAYERS: dict[str, dict[str, Check]] = {
    **{
        norm: _numbers('requires_grad eps momentum affine num_groups')
        for norm in ('BN', 'BN1d', 'BN2d', 'SyncBN', 'GN', 'LN', 'LN2d')
    },
    **{act: _numbers('inplace') for act in ('ReLU', 'GELU', 'Swish', 'HSwish')},
}
_layer = _optional(_build_of(LAYERS))
CLIP = {'architecture': _architecture, **_numbers('frozen_stages with_cp token_attention')}
TEXT = {**CLIP, **_numbers('context_length kept_positions')}
BACKBONE = {
    **_numbers('in_channels out_indices frozen_stages with_cp drop_path_rate'),
    'norm_cfg': _layer,
}
TRANSFORMER = {
    **BACKBONE,
    **_numbers('img_size patch_size drop_rate'),
    'interpolate_mode': _names('nearest', 'bilinear', 'bicubic'),
}

# Their code was read for what it does with each of these arguments.
IMAGE_BACKBONES: dict[str, dict[str, Check]] = {
    'CLIPImageTower': {
        **CLIP,
        **_numbers('image_size pretrained_grid'),
        'interpolation': _names('bicubic', 'bilinear'),
    },
    'ResNet': {
        **BACKBONE,
        **_numbers(
            'depth stem_channels base_channels expansion num_stages strides dilations '
            'deep_stem avg_down norm_eval zero_init_residual conv_cfg'
        ),
        'style': _names('pytorch', 'caffe'),
    },
    'ConvNeXt': {
        **BACKBONE,
        **_numbers('stem_patch_size linear_pw_conv use_grn layer_scale_init_value'),
        'arch': _names(*ConvNeXt.arch_settings),
        'act_cfg': _layer,
        'gap_before_final_norm': _number,
    },
    'SwinTransformer': {
        **TRANSFORMER,
        **_numbers('window_size out_after_downsample use_abs_pos_embed norm_eval'),
        'arch': _names(*SwinTransformer.arch_zoo),
        'pad_small_map': _number,
    },
    'VisionTransformer': {
        **TRANSFORMER,
        **_numbers('qkv_bias final_norm with_cls_token layer_scale_init_value'),
        'arch': _names(*VisionTransformer.arch_zoo),
        'out_type': _names(*VisionTransformer.OUT_TYPES),
        'pre_norm': _number,
    },
}

NECKS: dict[str, dict[str, Check]] = {
    'LinearNeck': {
        **_numbers('in_channels out_channels gap_dim'),
        'norm_cfg': _layer,
        'act_cfg': _layer,
    },
    'GlobalAveragePooling': {'dim': _number},
    'TokenSelection': _numbers('in_channels out_channels ratio'),
}

PREPROCESSORS: dict[str, dict[str, Check]] = {
    'ImageTextPreprocessor': {
        **_numbers('mean std to_rgb non_blocking'),
        'architecture': _architecture,
        'pretrained': _text,
    }
}

MODELS: dict[str, dict[str, Check]] = {
    'TextToImageRetriever': {
        'image_backbone': _build_of(IMAGE_BACKBONES, UNREAD),
        'text_backbone': _build_of({'CLIPTextTower': TEXT}, UNREAD),
        'image_neck': _optional(_build_of(NECKS, UNREAD)),
        'text_neck': _optional(_build_of(NECKS, UNREAD)),
        'data_preprocessor': _build_of(PREPROCESSORS),
        'encoders': _text_by_name,
    }
}
