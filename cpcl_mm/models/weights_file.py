"""What people take for a file of weights: what it is, and what it holds."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint

from cpcl_mm.utils.safe_checkpoints import load_checkpoint_file
from cpcl_mm.utils.text import first_few

from .lora import merge_lora
from .torchscript_file import is_torchscript, read_torchscript

_CONTAINERS = ('state_dict', 'model', 'model_state_dict', 'module', 'net')

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
    """Say what a file is that cannot be read as weights, for ``error``, and what to do.

    Gives the end of a sentence whose subject is the file.
    """
    with path.open('rb') as file:
        head = file.read(512)
    if not head:
        return 'is empty: download it again'
    for beginning, meaning in _BEGINNINGS.items():
        if head.lstrip().lower().startswith(beginning):
            return meaning
    if head[257:262] == b'ustar':
        return 'is an archive of several files: unpack it and give the file in it'
    if head.startswith(b'PK'):
        return _diagnose_zip(path, error)
    if path.suffix == '.safetensors':
        return f'is cut or damaged ({_reason(error)}): download it again'
    if asked := re.search(r'(?:GLOBAL|asks for) (\w+\.[\w.]+)', str(error)):
        return _refuse_objects([asked[1]])
    try:
        return f'is a text that begins with {head[:40].decode("ascii")!r}, and no weights'
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
        return f'is a TorchScript archive, and cannot be read as data ({_reason(error)})'
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


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read the weights in a file as data: safetensors, ``torch.save``'s, or TorchScript.

    Dicts around them and the prefixes of training code are taken off. Raises ValueError if it is no
    file of weights, and says what it is.
    """
    try:
        load: Callable = read_torchscript if is_torchscript(path) else load_checkpoint_file
        content = load(path)
    except Exception as error:
        raise ValueError(f'{path} {diagnose(path, error.__cause__ or error)}') from error
    return unpack(content, path)


def unpack(content: Any, path: Path) -> dict[str, Tensor]:
    """Find the weights in what a file of weights holds, or raise ValueError.

    Half precision becomes fp32, ``module.``, which several GPUs bring, is taken off, and LoRA's
    adapters are merged.
    """
    # Checkpoints of other projects nest one or two of them; a dict may also hold itself.
    for _ in _CONTAINERS:
        inner = content if isinstance(content, dict) else {}
        content = next((inner[k] for k in _CONTAINERS if isinstance(inner.get(k), dict)), content)
    if not isinstance(content, dict):
        raise ValueError(f'{path} holds a {type(content).__name__}, and no dict of weights')
    weights = {
        str(key).removeprefix('module.'): value.float() if value.is_floating_point() else value
        for key, value in content.items()
        if isinstance(value, Tensor)
    }
    if not weights:
        raise ValueError(f'{path} is not a state dict: it holds {first_few(map(str, content))}')
    return merge_lora(weights)
