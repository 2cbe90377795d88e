"""From a torch encoder to a folder that onnxruntime can use alone."""

import shutil
from pathlib import Path

from torch import Tensor

from cpcl_mm.models.data_preprocessor import ImageTextPreprocessor

from ..allowed_config import allow_pipeline
from ..encoder import ModelEncoder
from .comparison import BATCH_SIZES, SENTENCES, max_difference, sample_inputs
from .manifest import NAME, Manifest, Pipeline, hash_files, parse_pipeline
from .onnx_retriever import TOWERS, OnnxRetriever, import_onnxruntime
from .tokenizers import FOLDER as TOKENIZER
from .tokenizers import inline_tokenizer, locate_tokenizer, tokenizer_of
from .towers import import_exporter, write_tower

OWN_NAMES = {NAME, TOKENIZER, *(f'{tower}.onnx{end}' for tower in TOWERS for end in ('', '.data'))}
"""What an export may hold, and what may be replaced by another one."""

TOLERANCE = 1e-4
"""Rounding differs by about 1e-6; a graph that computes something else, by far more."""


def export_encoder(
    encoder: ModelEncoder,
    steps: Pipeline,
    out: Path,
    scope: str = 'cpcl_mm',
    tolerance: float = TOLERANCE,
) -> Manifest:
    """Write both towers as ONNX with a dynamic batch, and compare them with torch.

    The folder appears only if the comparison is passed.

    Args:
        encoder (ModelEncoder): The model, on the CPU.
        steps (list[dict]): Its test transforms, as in the config of a data set.
        out (Path): The folder: a new or an empty one, or an export, which is replaced.
        scope (str): Registry scope of the transforms. Defaults to ``'cpcl_mm'``.
        tolerance (float): Largest difference of one number of a feature that is accepted. Defaults
            to 1e-4.

    Returns:
        Manifest: The facts, as written to ``export.json``.

    Raises:
        FileExistsError: If ``out`` holds other files.
        ImportError: If a package is missing, with what to install.
        ValueError: If the model cannot be exported, or differs from its export.
    """
    import_exporter()
    import_onnxruntime()
    if out.exists() and not (out.is_dir() and {path.name for path in out.iterdir()} <= OWN_NAMES):
        raise FileExistsError(f'{out} holds other files than an export: choose another folder')
    unfinished = out.with_name(f'{out.name}.unfinished')
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        manifest = _export(encoder, steps, unfinished, scope, tolerance)
        shutil.rmtree(out, ignore_errors=True)
        unfinished.replace(out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def _export(
    encoder: ModelEncoder, steps: Pipeline, folder: Path, scope: str, tolerance: float
) -> Manifest:
    """Fill an empty folder."""
    preprocessor = encoder.model.data_preprocessor
    if type(preprocessor) is not ImageTextPreprocessor:
        raise ValueError(
            f'{encoder.source} has a {type(preprocessor).__name__}; what an ImageTextPreprocessor '
            'does can be exported'
        )
    pipeline = repr(inline_tokenizer(steps, folder))
    # Nobody could open what is refused here.
    allow_pipeline(locate_tokenizer(parse_pipeline(pipeline), folder))
    inputs = sample_inputs(encoder, max(BATCH_SIZES))
    for tower in TOWERS:
        write_tower(encoder.model, tower, inputs[tower], folder / f'{tower}.onnx')
    manifest = Manifest(
        fingerprint=encoder.fingerprint,
        checkpoint=Path(encoder.source).name,
        dimensions=encoder.encode_texts(SENTENCES[:1]).shape[1],
        image_size=list(inputs['image'].shape[2:]),
        channel_order='RGB' if preprocessor.to_rgb else 'BGR',
        mean=preprocessor.mean.flatten().tolist(),
        std=preprocessor.std.flatten().tolist(),
        context_length=inputs['text'].shape[1],
        vocab_size=tokenizer_of(steps).vocab_size,
        max_difference=_checked_difference(encoder, folder, inputs, tolerance),
        scope=scope,
        pipeline=pipeline,
        files=hash_files(folder),
    )
    manifest.write(folder)
    return manifest


def _checked_difference(
    encoder: ModelEncoder, folder: Path, inputs: dict[str, Tensor], tolerance: float
) -> float:
    exported = OnnxRetriever(folder, encoder.model.data_preprocessor, 'cpu')
    difference = max_difference(encoder, exported, inputs)
    # Not "greater": a NaN must not pass.
    if not difference <= tolerance:
        raise ValueError(
            f'the ONNX model differs from {encoder.source} by {difference:.1e}, more than the '
            f'tolerance of {tolerance:.1e}: it is not kept; try another version of torch or '
            'onnxscript'
        )
    return difference
