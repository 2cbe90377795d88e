"""From a checkpoint to ONNX files."""

from pathlib import Path

from mmengine.registry import DefaultScope

from .encoder_loading import load_trained
from .export import Manifest, export_encoder
from .export.writing import TOLERANCE


def export_onnx(
    model: str | Path,
    out: str | Path,
    pretrained: str | Path | None = None,
    tolerance: float = TOLERANCE,
) -> Manifest:
    """Export a trained model, so that ``PersonSearcher(out)`` needs no checkpoint.

    Both towers become ONNX files with a dynamic batch, normalization to length 1 included. They are
    compared with torch before the folder appears. The fingerprint is that of the checkpoint: what
    one of both has indexed the other can search, as features differ by rounding only.

    Args:
        model (str | Path): A checkpoint of this package, which holds its own config; or a config
            file (``.py``), with the checkpoint as ``pretrained``.
        out (str | Path): The folder to write: a new one, or an earlier export, which is replaced.
        pretrained (str | Path, optional): The checkpoint that belongs to a config file. Defaults to
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

    Examples:
        .. code:: python

            from cpcl_mm.search import PersonSearcher, export_onnx
            export_onnx('work_dirs/cpcl_synthetic/epoch_20.pth', 'exported/')
            searcher = PersonSearcher('exported/')
    """
    encoder, config = load_trained(model, pretrained, device='cpu')
    with DefaultScope.overwrite_default_scope(config.scope):
        return export_encoder(encoder, config.pipeline, Path(out), config.scope, tolerance)
