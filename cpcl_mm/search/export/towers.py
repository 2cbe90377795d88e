"""From a tower in torch to an ONNX file."""

import importlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

MAX_PROTOBUF = 2**31 - 2**24
"""Bytes of weights that fit into one ONNX file; more go into a file beside it."""


class _Tower(nn.Module):
    """One tower of a retriever, its neck and the L2 normalization, as one graph."""

    def __init__(self, model: Any, key: str) -> None:
        super().__init__()
        self.model = model
        self.key = key

    def forward(self, x: Tensor) -> Tensor:
        return self.model.extract_feat({self.key: x})[self.key]


def write_tower(model: Any, tower: str, sample: Tensor, path: Path) -> None:
    """Write the graph of one tower, with its neck and the L2 normalization.

    Args:
        model (TextToImageRetriever): In eval mode, on the CPU.
        tower (str): ``'image'`` or ``'text'``, and the name of the input; the output is
            ``feature`` (N, D).
        sample (Tensor): What the tower takes, of more than one row, so that none is fixed.
        path (Path): The file.

    Raises:
        ValueError: If torch cannot export it.
    """
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


def import_exporter() -> None:
    """Find out before the work whether torch has what it exports with.

    Raises:
        ImportError: If a package is missing or broken, with what to install.
    """
    try:
        importlib.import_module('onnx')
        importlib.import_module('onnxscript')
    except (ImportError, OSError) as error:
        raise ImportError(
            f'exporting needs onnx and onnxscript, which cannot be imported ({error}): '
            'pip install onnx onnxscript onnxruntime'
        ) from error
