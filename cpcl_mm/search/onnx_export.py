"""From a checkpoint to a folder that onnxruntime can use alone."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from cpcl_mm.models.data_preprocessor import ImageTextPreprocessor
from cpcl_mm.utils.requirements import import_optional

from .allowed_config import allow_pipeline
from .encoder import ModelEncoder
from .export_manifest import (
    NAME,
    TOKENIZER,
    Manifest,
    hash_files,
    inline_tokenizer,
    locate_tokenizer,
    parse_pipeline,
    tokenizer_of,
)
from .loading import load_encoder
from .onnx_retriever import TOWERS, OnnxRetriever, import_onnxruntime

# What an export may hold, and what may be replaced by another one.
OWN_NAMES = {NAME, TOKENIZER, *(f'{tower}.onnx{end}' for tower in TOWERS for end in ('', '.data'))}
# Rounding differs by about 1e-6; a graph that computes something else, by far more.
TOLERANCE = 1e-4
# Bytes of weights that fit into one ONNX file; more go into a file beside it.
MAX_PROTOBUF = 2**31 - 2**24
BATCH_SIZES = (1, 5)  # Two, so that a graph with a fixed batch does not pass.
SENTENCES = (
    'a man in a red jacket and blue jeans',
    'A woman with long black hair carries a white bag over her left shoulder.',
    'person',
    'the child wears a yellow coat, grey trousers and black shoes, and walks to the left',
    'an old man with a hat and an umbrella',
)


def export_onnx(
    checkpoint: str | Path,
    out: str | Path,
    config: str | Path | None = None,
    tolerance: float = TOLERANCE,
) -> Manifest:
    """Export a trained model, so that ``PersonSearcher(out)`` needs no checkpoint.

    Both towers become ONNX files with a dynamic batch, compared with torch before the folder
    appears. The fingerprint is that of the checkpoint: each can search what the other has indexed.

    Args:
        checkpoint (str | Path): Of a training.
        out (str | Path): The folder to write: a new one, or an earlier export, which is replaced.
        config (str | Path, optional): As for :class:`~cpcl_mm.search.PersonSearcher`. Defaults to
            None.
        tolerance (float): Largest difference from torch of one number of a feature. Defaults to
            1e-4.

    Returns:
        Manifest: The facts of the export, ``max_difference`` from torch among them.

    Raises:
        FileExistsError: If ``out`` holds other files.
        FileNotFoundError: If there is no such checkpoint.
        ImportError: If onnx, onnxscript or onnxruntime is missing.
        ValueError: If the files do not make a retriever, it cannot be exported, or its export
            differs by more than the tolerance.
    """
    if Path(checkpoint).is_dir():
        raise ValueError(f'{checkpoint} is an exported model already: give its checkpoint')
    encoder = load_encoder(checkpoint, config, device='cpu')
    with DefaultScope.overwrite_default_scope(encoder.scope):
        return export_encoder(encoder, Path(out), tolerance)


def export_encoder(encoder: ModelEncoder, out: Path, tolerance: float = TOLERANCE) -> Manifest:
    """Export a torch model on the CPU, see :func:`export_onnx`."""
    for package in ('onnx', 'onnxscript'):
        import_optional(package, 'exporting', 'pip install onnx onnxscript onnxruntime')
    import_onnxruntime()
    if out.exists() and not (out.is_dir() and {path.name for path in out.iterdir()} <= OWN_NAMES):
        raise FileExistsError(f'{out} holds other files than an export: choose another folder')
    unfinished = out.with_name(f'{out.name}.unfinished')
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        manifest = _fill(unfinished, encoder, tolerance)
        shutil.rmtree(out, ignore_errors=True)
        unfinished.replace(out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def sample_inputs(encoder: ModelEncoder, number: int) -> dict[str, Tensor]:
    """Make inputs from noise and from sentences, the same every time: so many of each tower."""
    generator = np.random.default_rng(0)
    images = generator.integers(256, size=(number, 64, 32, 3), dtype=np.uint8)
    texts = [SENTENCES[row % len(SENTENCES)] for row in range(number)]
    image_batch = encoder.collate([encoder.prepare_image(image) for image in images])
    return {**image_batch, **encoder.collate([encoder.prepare_text(text) for text in texts])}


@torch.no_grad()
def max_difference(
    encoder: ModelEncoder, exported: OnnxRetriever, inputs: dict[str, Tensor]
) -> float:
    """Give the largest difference of one number of a feature from torch; NaN where one is NaN."""
    differences = []
    for size in BATCH_SIZES:
        batch = {key: x[:size] for key, x in inputs.items()}
        expected, found = encoder.model.extract_feat(batch), exported.extract_feat(batch)
        differences += [(expected[key] - found[key]).abs().max().item() for key in batch]
    return float(np.max(differences))


def write_tower(model: Any, tower: str, sample: Tensor, path: Path) -> None:
    """Write the graph of a tower; the sample has more than one row, so that none is fixed."""
    try:
        program = torch.onnx.export(
            _Tower(model, tower).eval(),
            (sample,),
            dynamo=True,
            input_names=[tower],
            output_names=['feature'],
            dynamic_shapes=({0: torch.export.Dim('batch')},),
            verbose=False,
        )
    # Whatever a backbone does that the exporter does not know.
    except Exception as error:
        raise ValueError(f'torch cannot export the {tower} tower to ONNX: {error}') from error
    weights = sum(x.numel() * x.element_size() for x in model.state_dict().values())
    assert program is not None
    program.save(str(path), external_data=weights > MAX_PROTOBUF)


class _Tower(nn.Module):
    """One tower of a retriever, its neck and the L2 normalization, as one graph."""

    def __init__(self, model: Any, key: str) -> None:
        super().__init__()
        self.model = model
        self.key = key

    def forward(self, x: Tensor) -> Tensor:
        return self.model.extract_feat({self.key: x})[self.key]


def _fill(folder: Path, encoder: ModelEncoder, tolerance: float) -> Manifest:
    """Fill an empty folder."""
    preprocessor, steps = encoder.model.data_preprocessor, encoder.steps
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
    exported = OnnxRetriever(folder, preprocessor, 'cpu')
    difference = max_difference(encoder, exported, inputs)
    # Not "greater": a NaN must not pass.
    if not difference <= tolerance:
        raise ValueError(
            f'the ONNX model differs from {encoder.source} by {difference:.1e}, more than the '
            f'tolerance of {tolerance:.1e}: it is not kept; try another version of torch or '
            'onnxscript'
        )
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
        max_difference=difference,
        scope=encoder.scope,
        pipeline=pipeline,
        files=hash_files(folder),
    )
    manifest.write(folder)
    return manifest
