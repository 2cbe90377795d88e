"""Another CLIP model in a config: one line instead of a setting in a dozen places."""

from collections.abc import Mapping, Sequence
from typing import Any

from cpcl_mm.models.clip_architecture import get_clip_settings, list_weights

Size = tuple[int, int]
TOWERS = ('CLIPImageTower', 'CLIPTextTower')
TOKENIZERS = ('OpenCLIPTokenizer', 'WordTokenizer')


def use_clip(
    base: Mapping[str, Any],
    architecture: str | dict[str, Any],
    pretrained: str | None = None,
    image_size: Size | None = None,
    tokenizer_files: str | None = None,
) -> dict[str, Any]:
    """Give the settings with which a config uses another CLIP model.

    Normalization, tokenizer, image size, interpolation and the color of erased rectangles become
    those that it was trained with, wherever they stand::

        _base_ = ['../cpcl_cuhk.py']

        from cpcl_mm.apis import use_clip

        globals().update(use_clip(_base_, 'ViT-B-16-SigLIP', 'webli'))

    The import has to stand below ``_base_``: otherwise mmengine takes the file for a lazy config.

    Args:
        base (Mapping): The base config, ``_base_`` in a config file.
        architecture (str | dict): Name of an open_clip architecture, or its model config.
        pretrained (str, optional): Weights tag of the architecture, or a file. Defaults to None:
            random weights.
        image_size (tuple[int, int], optional): Height and width of the input in pixels; images are
            squashed to it, and position embeddings interpolated. Defaults to None: the
            architecture's own.
        tokenizer_files (str, optional): Folder with the files of the architecture's tokenizer on
            the Hugging Face hub, for the families that have one. Defaults to None: the hub's cache,
            or the hub itself where ``pretrained`` is a tag and so a download is wanted.

    Returns:
        dict[str, Any]: The entries of ``base`` that change, with ``architecture``, ``pretrained``
        and ``image_size``.

    Raises:
        ValueError: If the architecture is unknown, or the base has no CLIP tower.
    """
    settings = get_clip_settings(architecture, pretrained)
    height, width = size = tuple(image_size or settings.image_size)
    clip = dict(architecture=architecture, pretrained=pretrained)
    tokenizer: dict[str, Any] = dict(type='OpenCLIPTokenizer', architecture=architecture)
    if settings.tokenizer is not None:
        tokenizer['local_files'] = tokenizer_files
        tokenizer['download'] = pretrained in list_weights(architecture)
    changes: dict[str, dict[str, Any]] = {
        'CLIPImageTower': dict(clip, image_size=size),
        'CLIPTextTower': clip,
        'ImageTextPreprocessor': dict(clip, mean=None, std=None),
        **dict.fromkeys(TOKENIZERS, tokenizer),
        # Pillow's filters, unlike OpenCV's, are those that open_clip's own transforms use.
        'Resize': dict(
            scale=(width, height), interpolation=settings.interpolation, backend='pillow'
        ),
        'RandomCrop': dict(crop_size=size),
        # Images are BGR until they are normalized.
        'RandomErasing': dict(fill_color=tuple(round(value) for value in settings.mean[::-1])),
    }
    result = _changed_entries(base, changes, TOWERS, f'use_clip({architecture!r})')
    return {**result, **clip, 'image_size': size}


def use_context_length(
    base: Mapping[str, Any], length: int, kept_positions: int = 0
) -> dict[str, Any]:
    """Give the settings with which a config takes captions of another length.

    The text tower and all tokenizers of CLIP's get it, to be used as :func:`use_clip`.

    Args:
        base (Mapping): The base config, ``_base_`` in a config file.
        length (int): Tokens a caption, start and end of text included.
        kept_positions (int): As for :class:`~cpcl_mm.models.CLIPTextTower`. Defaults to 0.

    Returns:
        dict[str, Any]: The entries of ``base`` that change.

    Raises:
        ValueError: If the base has no text tower of CLIP's.
    """
    tower = dict(context_length=length, kept_positions=kept_positions)
    changes = {'CLIPTextTower': tower} | dict.fromkeys(TOKENIZERS, dict(context_length=length))
    return _changed_entries(base, changes, TOWERS[1:], f'use_context_length({length})')


def _changed_entries(
    base: Mapping[str, Any], changes: dict[str, dict[str, Any]], towers: Sequence[str], call: str
) -> dict[str, Any]:
    found: set[str] = set()
    changed = {key: _apply(changes, value, found) for key, value in base.items()}
    if not found.intersection(towers):
        raise ValueError(
            f'{call} changes {" and ".join(towers)}, and there is none in the base config; its '
            f'entries are {sorted(base)}'
        )
    result = {key: value for key, value in changed.items() if value != base[key]}
    # Entries are complete: without this, mmengine would merge them with those of the base.
    return {k: {**v, '_delete_': True} if isinstance(v, dict) else v for k, v in result.items()}


def _apply(changes: dict[str, dict[str, Any]], node: Any, found: set[str]) -> Any:
    """Copy a config with the changes made to every dict of their types."""
    if isinstance(node, list | tuple):
        return type(node)(_apply(changes, value, found) for value in node)
    if not isinstance(node, Mapping):
        return node
    copied = {key: _apply(changes, value, found) for key, value in node.items()}
    kind = str(copied.get('type'))
    if kind not in changes:
        return copied
    found.add(kind)
    # A tokenizer is replaced: what the old one was told does not concern the new one.
    return changes[kind] if 'type' in changes[kind] else {**copied, **changes[kind]}
