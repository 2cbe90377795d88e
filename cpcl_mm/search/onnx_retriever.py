"""A retriever whose towers run in onnxruntime."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cpcl_mm.models.data_preprocessor import ImageTextPreprocessor
from cpcl_mm.utils.requirements import import_optional

TOWERS = ('image', 'text')


class OnnxRetriever:
    """Has of a :class:`~cpcl_mm.models.TextToImageRetriever` what encoding needs.

    It uses as many threads as torch does and, without a device, a GPU where it can.

    Raises:
        ImportError: If onnxruntime is missing, with what to install.
        ValueError: If onnxruntime cannot use the device, or cannot read a file.
    """

    def __init__(
        self, folder: Path, preprocessor: ImageTextPreprocessor, device: str | None = None
    ) -> None:
        self.data_preprocessor = preprocessor
        runtime = import_onnxruntime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # Warnings are about nodes that it leaves on the CPU, on purpose.
        options.log_severity_level = 3
        providers = _providers(runtime, device)
        self._sessions = {
            tower: _open(runtime, folder / f'{tower}.onnx', options, providers) for tower in TOWERS
        }

    def extract_feat(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """Encode ``image`` (N, 3, H, W) float and / or ``text`` (M, L) int64, as they are there.

        Returns:
            dict[str, Tensor]: By the same keys, L2-normalized features (N, D) or (M, D), fp32.
        """
        return {
            key: torch.from_numpy(self._sessions[key].run(None, {key: x.numpy()})[0])
            for key, x in inputs.items()
        }


def import_onnxruntime() -> Any:
    """Import onnxruntime where it is needed: everything else works without."""
    remedy = 'pip install onnxruntime (or onnxruntime-gpu, and only one of them)'
    return import_optional('onnxruntime', 'an exported model', remedy)


def _providers(runtime: Any, device: str | None) -> Sequence[str | tuple[str, dict[str, int]]]:
    """Give what onnxruntime calls a device, the CPU being the last resort for single operations."""
    cuda, cpu = 'CUDAExecutionProvider', 'CPUExecutionProvider'
    available = runtime.get_available_providers()
    wanted = torch.device(device or ('cuda' if cuda in available else 'cpu'))
    if wanted.type == 'cpu':
        return [cpu]
    if wanted.type != 'cuda' or cuda not in available:
        raise ValueError(
            f'device={device!r}: onnxruntime offers {", ".join(available)} here; take the cpu, or '
            'for CUDA pip install onnxruntime-gpu in the place of onnxruntime'
        )
    return [(cuda, {'device_id': wanted.index or 0}), cpu]


def _open(runtime: Any, path: Path, options: Any, providers: Sequence) -> Any:
    try:
        return runtime.InferenceSession(str(path), options, providers=providers)
    # onnxruntime has a dozen error classes of its own, all private.
    except Exception as error:
        raise ValueError(f'onnxruntime cannot read {path}: {error}') from error
