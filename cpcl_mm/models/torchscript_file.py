"""TorchScript archives, such as OpenAI's ``ViT-B-16.pt``, read as data: no code in them runs."""

import math
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

DTYPES = {
    'DoubleStorage': torch.float64,
    'FloatStorage': torch.float32,
    'HalfStorage': torch.float16,
    'BFloat16Storage': torch.bfloat16,
    'LongStorage': torch.int64,
    'IntStorage': torch.int32,
    'ShortStorage': torch.int16,
    'CharStorage': torch.int8,
    'ByteStorage': torch.uint8,
    'BoolStorage': torch.bool,
}


def is_torchscript(path: Path) -> bool:
    """Tell whether a file is a TorchScript archive: ``torch.save`` writes no ``constants.pkl``."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {Path(name).name for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return False
    return {'data.pkl', 'constants.pkl'} <= names


def read_torchscript(path: Path) -> dict[str, Tensor]:
    """Read the parameters and buffers of a TorchScript archive, by their dotted names.

    Its modules are pickled objects with tensors as attributes, its storages plain bytes beside
    them. An unpickler that knows nothing but these rebuilds them; the archive's code is not read.
    Raises UnpicklingError if it asks for anything else, BadZipFile if it is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        name = min((n for n in archive.namelist() if Path(n).name == 'data.pkl'), key=len)
        with archive.open(name) as file:
            module = _ModuleUnpickler(file, archive, name.removesuffix('data.pkl')).load()
    tensors: dict[str, Tensor] = {}
    waiting, seen = [('', module)], {id(module)}
    while waiting:
        prefix, part = waiting.pop()
        for key, value in _attributes(part).items():
            if isinstance(value, Tensor):
                tensors[f'{prefix}{key}'] = value
            elif isinstance(value, _Object) and id(value) not in seen:
                seen.add(id(value))
                waiting.append((f'{prefix}{key}.', value))
    return tensors


class _Object:
    """Stands for a module, or any object, of the archive's own classes."""

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Function:
    """Stands for a function: the pickle can call it, and change nothing about it."""

    __slots__ = ('_function',)

    def __init__(self, function: Callable) -> None:
        self._function = function

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    def __setstate__(self, state: Any) -> None:
        raise UnpicklingError('it changes a function, which is no data')


def _attributes(part: Any) -> dict:
    return part.state if isinstance(part, _Object) and isinstance(part.state, dict) else {}


def _rebuild_tensor(storage: Any, offset: int, size: tuple, stride: tuple, *_: Any) -> Tensor:
    # A stride of 0 would make any size of a single number.
    if not isinstance(storage, Tensor) or math.prod(size) > len(storage):
        raise UnpicklingError(f'it has a tensor of {size!r:.40} that its storage does not hold')
    return storage.as_strided(size, stride, offset)


_FUNCTIONS: dict[tuple[str, str], Callable] = {
    ('torch._utils', '_rebuild_tensor_v2'): _rebuild_tensor,
    # Of hooks, of which there are none.
    ('collections', 'OrderedDict'): lambda: {},
    ('torch.jit._pickle', 'restore_type_tag'): lambda value, _: value,
    **{
        ('torch.jit._pickle', f'build_{kind}list'): lambda values: values
        for kind in ('int', 'double', 'bool', 'tensor')
    },
}


class _ModuleUnpickler(pickle.Unpickler):
    """Knows modules, tensors and numbers, and refuses every other name."""

    def __init__(self, file: Any, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(file)
        self._archive, self._root = archive, root
        self._storages: dict[str, Tensor] = {}
        # Entries of an archive may overlap: together they are no longer than the file.
        self._bytes_left = Path(str(archive.filename)).stat().st_size

    def find_class(self, module: str, name: str) -> Any:
        if module.partition('.')[0] == '__torch__':
            return _Object
        if module == 'torch' and name in DTYPES:
            return DTYPES[name]
        if (module, name) in _FUNCTIONS:
            return _Function(_FUNCTIONS[module, name])
        raise UnpicklingError(f'it asks for {module}.{name}, which is no data')

    def persistent_load(self, pid: Any) -> Tensor:
        _, dtype, key, _, count = pid
        if not isinstance(dtype, torch.dtype) or not str(key).isdigit():
            raise UnpicklingError(f'it names a storage {pid!r:.60}')
        if key not in self._storages:
            self._storages[key] = self._read(key, dtype)
        storage = self._storages[key]
        if storage.dtype != dtype or len(storage) != count:
            raise UnpicklingError(f'storage {key} is not {count!r:.20} x {dtype}')
        return storage

    def _read(self, key: str, dtype: torch.dtype) -> Tensor:
        entry = self._archive.getinfo(f'{self._root}data/{key}')
        self._bytes_left -= entry.file_size
        if self._bytes_left < 0 or entry.file_size % dtype.itemsize:
            raise UnpicklingError(f'storage {key} has {entry.file_size:,} bytes, which do not fit')
        content = bytearray(self._archive.read(entry))
        return torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)
