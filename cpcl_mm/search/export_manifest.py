"""``export.json``: what an exported model is, and what images and sentences must be like for it."""

import ast
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from cpcl_mm.models.tokenizers import OpenCLIPTokenizer, WordTokenizer
from cpcl_mm.registry import TOKENIZERS

NAME = 'export.json'
FORMAT = 'cpcl_mm onnx export'
VERSION = 1
TOKENIZER = 'tokenizer'
REMEDY = 'make it again with tools/export_onnx.py'

Pipeline = list[dict[str, Any]]


@dataclass(frozen=True)
class Manifest:
    """The facts of an export."""

    fingerprint: str  # that of the torch model: both search each other's galleries
    checkpoint: str  # name of its file, for people
    dimensions: int  # length D of a feature
    image_size: list[int]  # height and width in pixels
    channel_order: str  # 'RGB' or 'BGR'
    mean: list[float]  # taken from the channels, 0-255, in that order
    std: list[float]  # what the channels are then divided by
    context_length: int  # token ids a sentence
    vocab_size: int  # token ids that there are
    max_difference: float  # from torch, of one number of a feature, as seen on export
    scope: str  # registry scope of the transforms
    pipeline: str  # test transforms as a Python literal, since JSON has no tuples
    files: dict[str, str]  # BLAKE2b hash of every other file of the folder

    def write(self, folder: Path) -> None:
        """Write ``export.json`` into the folder of the export."""
        content = {'format': FORMAT, 'version': VERSION, **asdict(self)}
        (folder / NAME).write_text(json.dumps(content, indent=2), encoding='utf-8')

    @classmethod
    def read(cls, folder: Path) -> 'Manifest':
        """Read ``export.json``, and check that all files of the export are there and whole.

        Raises:
            ValueError: If the folder is no export, damaged, or of another version.
        """
        path = folder / NAME
        if not path.is_file():
            raise ValueError(f'{folder} is no exported model: it has no {NAME}; {REMEDY}')
        try:
            content = json.loads(path.read_text(encoding='utf-8'))
            kind = content.pop('format'), content.pop('version')
            if kind != (FORMAT, VERSION):
                raise ValueError(f'it is a {kind[0]!r} of version {kind[1]!r}')
            manifest = cls(**content)
            manifest._check_types()
            manifest.transforms()
            found = hash_files(folder)
        except (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError) as error:
            raise ValueError(
                f'{path} is no {FORMAT} of version {VERSION}, or it is truncated or damaged '
                f'({error}): {REMEDY}'
            ) from error
        # Of the folder alone: a name may lead out of it.
        broken = [name for name, digest in manifest.files.items() if found.get(name) != digest]
        if broken:
            raise ValueError(f'{folder / broken[0]} is missing, truncated or changed: {REMEDY}')
        return manifest

    def transforms(self) -> Pipeline:
        """Read the test transforms, as data."""
        return parse_pipeline(self.pipeline)

    def _check_types(self) -> None:
        for name, hint in get_type_hints(Manifest).items():
            value = getattr(self, name)
            if not _is_a(value, hint):
                raise TypeError(f'{name} = {value!r:.60} is no {hint}')
        if not len(self.mean) == len(self.std) == 3:
            raise TypeError(f'mean and std have {len(self.mean)} and {len(self.std)} values')


def parse_pipeline(text: str) -> Pipeline:
    """Read transforms from the ``repr`` of a list of dicts without executing it.

    Raises:
        ValueError: If it is no list of plain values.
    """
    try:
        pipeline = ast.literal_eval(text)
    except (MemoryError, RecursionError, SyntaxError, TypeError, ValueError) as error:
        raise ValueError(f'test transforms are no plain values ({error})') from error
    if not isinstance(pipeline, list):
        raise ValueError(f'test transforms are a {type(pipeline).__name__}, expected a list')
    return pipeline


def hash_files(folder: Path) -> dict[str, str]:
    """Hash all files below a folder, by name relative to it: hexadecimal BLAKE2b."""
    return {
        path.relative_to(folder).as_posix(): hashlib.blake2b(
            path.read_bytes(), digest_size=16
        ).hexdigest()
        for path in sorted(folder.rglob('*'))
        if path.is_file()
    }


def tokenizer_of(steps: Pipeline) -> Any:
    """Build the tokenizer that a step of test transforms names.

    Raises:
        ValueError: If there is none.
    """
    for settings in filter(None, map(_tokenizer_in, steps)):
        return TOKENIZERS.build(settings)
    raise ValueError('the test transforms name no tokenizer: sentences cannot be encoded')


def inline_tokenizer(steps: Pipeline, folder: Path) -> Pipeline:
    """Let a tokenizer read nothing outside an export.

    Its words come into the transforms, files of the Hugging Face hub into ``tokenizer/``.
    """
    tokenizer = tokenizer_of(steps)
    if isinstance(tokenizer, WordTokenizer):
        return _with_tokenizer(steps, words=list(tokenizer.words))
    if isinstance(tokenizer, OpenCLIPTokenizer) and tokenizer.folder:
        shutil.copytree(tokenizer.folder, folder / TOKENIZER)
        return _with_tokenizer(steps, local_files=TOKENIZER, download=False)
    return steps


def locate_tokenizer(steps: Pipeline, folder: Path) -> Pipeline:
    """Let the tokenizer of an export find its files wherever the folder lies."""
    has_files = any(_tokenizer_in(step).get('local_files') for step in steps)
    return _with_tokenizer(steps, local_files=str(folder / TOKENIZER)) if has_files else steps


def _with_tokenizer(steps: Pipeline, **settings: Any) -> Pipeline:
    """Copy transforms, with other settings of their tokenizer."""
    return [
        {**step, 'tokenizer': {**_tokenizer_in(step), **settings}} if _tokenizer_in(step) else step
        for step in steps
    ]


def _tokenizer_in(step: Any) -> Mapping[str, Any]:
    """Give the settings of a transform's tokenizer; empty where there is none."""
    found = step.get('tokenizer') if isinstance(step, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _is_a(value: Any, hint: Any) -> bool:
    """Whether a value that JSON has given is what a dataclass says."""
    kind = get_origin(hint) or hint
    if kind is list:
        return type(value) is list and all(_is_a(x, get_args(hint)[0]) for x in value)
    if kind is dict:
        return type(value) is dict and all(_is_a(x, get_args(hint)[1]) for x in value.values())
    return type(value) in ((int, float) if kind is float else (kind,))
