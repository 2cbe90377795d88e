"""What people take for a file of weights: what it is, and what it holds."""

import re
import zipfile
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint

from cpcl_mm.utils.text import first_few

_CONTAINERS = ('state_dict', 'model', 'model_state_dict', 'module', 'net')
# Of IRRA, and of other projects around CLIP.
_PREFIXES = ('base_model.', 'clip_model.', 'clip.', 'model.')
_TOWERS = ('visual.', 'image_backbone.', 'vision_model.')
# Names of the parts of Hugging Face's CLIPModel.
_HUGGING_FACE = ('vision_model.', 'text_model.')

_BEGINNINGS = {
    b'version https://git-lfs': 'is a pointer of Git LFS and not the file itself: git lfs pull '
    'fetches it',
    b'<!doctype': 'is a web page, such as a site shows on an error: download it again',
    b'<html': 'is a web page, such as a site shows on an error: download it again',
    b'<?xml': 'is an XML text, such as a site sends on an error: download it again',
    b'\x1f\x8b': 'is a compressed archive: unpack it and give the file in it',
    b'7z': 'is a compressed archive: unpack it and give the file in it',
    b'rar!': 'is a compressed archive: unpack it and give the file in it',
}


def diagnose(path: Path, error: BaseException) -> str:
    """Say what a file is that cannot be read as weights, and what to do.

    Args:
        path (Path): The file.
        error (BaseException): What reading it raised.

    Returns:
        str: The end of a sentence whose subject is the file.
    """
    with path.open('rb') as file:
        head = file.read(64)
    if not head:
        return 'is empty: download it again'
    for beginning, meaning in _BEGINNINGS.items():
        if head.lstrip().lower().startswith(beginning):
            return meaning
    if head.startswith(b'PK'):
        return _diagnose_zip(path, error)
    if path.suffix == '.safetensors':
        return f'is cut or damaged ({_reason(error)}): download it again'
    if asked := re.search(r'(?:GLOBAL|asks for) (\w+\.[\w.]+)', str(error)):
        return _refuse_objects([asked[1]])
    try:
        return f'is a text that begins with {head.decode("ascii")[:40]!r}, and no weights'
    except UnicodeDecodeError:
        return f'cannot be read as weights ({_reason(error)}): it is damaged, or of another format'


def _diagnose_zip(path: Path, error: BaseException) -> str:
    """Look into what may be a file of ``torch.save``."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [Path(name).name for name in archive.namelist()]
            broken = archive.testzip()
    except zipfile.BadZipFile:
        return f'is cut off after {path.stat().st_size:,} bytes: download it again'
    if broken:
        return f'is damaged in {broken}: download it again'
    if 'constants.pkl' in names:
        return (
            'is a TorchScript archive, such as the files OpenAI published, which holds code: '
            'convert it once where you trust it, with '
            'torch.save(torch.jit.load(file).state_dict(), new_file)'
        )
    if 'data.pkl' not in names:
        return f'is a ZIP archive of {first_few(names)}: unpack it and give the file in it'
    if objects := get_unsafe_globals_in_checkpoint(path):
        return _refuse_objects(objects)
    return f'cannot be read as weights ({_reason(error)})'


def _refuse_objects(names: list[str]) -> str:
    return (
        f'holds objects beside the weights ({first_few(names)}), and to load them would execute '
        "code: ask for the weights alone, torch.save(checkpoint['state_dict'], new_file)"
    )


def _reason(error: BaseException) -> str:
    """Give the first sentence: PyTorch goes on to recommend to load without the protection."""
    text = str(error).partition('WeightsUnpickler error: ')[2] or str(error).partition('. ')[0]
    return (text.strip() or type(error).__name__).splitlines()[0]


def unpack(content: Any, path: Path) -> dict[str, Tensor]:
    """Find the weights in what a file of weights holds, under the names that CLIP gives them.

    Args:
        content (Any): What was read.
        path (Path): The file.

    Returns:
        dict[str, Tensor]: The weights; nested dicts and prefixes of training code are taken off.

    Raises:
        ValueError: If there are none, or they have the names of another library.
    """
    for key in _CONTAINERS:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict):
        raise ValueError(f'{path} holds a {type(content).__name__}, and no dict of weights')
    weights = {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
    if not weights:
        raise ValueError(f'{path} is not a state dict: it holds {first_few(map(str, content))}')
    # As a model wrapped for several GPUs names them.
    if all(key.startswith('module.') for key in weights):
        weights = {key.removeprefix('module.'): value for key, value in weights.items()}
    for prefix in _PREFIXES:
        if any(key.startswith(tuple(prefix + tower for tower in _TOWERS)) for key in weights):
            own = [key for key in weights if key.startswith(prefix)]
            weights = {key.removeprefix(prefix): weights[key] for key in own}
    if any(key.startswith(_HUGGING_FACE) for key in weights):
        raise ValueError(
            f"{path} has the names of Hugging Face's CLIPModel ({first_few(weights, 2)}). Take "
            "the same weights in open_clip's form: a tag of open_clip.list_pretrained(), or the "
            'file open_clip_model.safetensors or open_clip_pytorch_model.bin of a hub page'
        )
    return weights
