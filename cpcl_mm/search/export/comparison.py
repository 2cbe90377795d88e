"""What torch and onnxruntime make of the same inputs."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..encoder import ModelEncoder
from .onnx_retriever import OnnxRetriever

BATCH_SIZES = (1, 5)
"""Two, so that a graph with a fixed batch does not pass."""

SENTENCES = (
    'a man in a red jacket and blue jeans',
    'A woman with long black hair carries a white bag over her left shoulder.',
    'person',
    'the child wears a yellow coat, grey trousers and black shoes, and walks to the left',
    'an old man with a hat and an umbrella',
)


def sample_inputs(encoder: ModelEncoder, number: int) -> dict[str, Tensor]:
    """Make what towers take, from noise and from sentences, the same every time.

    Args:
        encoder (ModelEncoder): What prepares them.
        number (int): Of each.

    Returns:
        dict[str, Tensor]: ``image`` (number, 3, H, W) and ``text`` (number, L).
    """
    generator = np.random.default_rng(0)
    images = generator.integers(256, size=(number, 64, 32, 3), dtype=np.uint8)
    texts = [SENTENCES[row % len(SENTENCES)] for row in range(number)]
    image_batch = encoder.collate([encoder.prepare_image(image) for image in images])
    return {**image_batch, **encoder.collate([encoder.prepare_text(text) for text in texts])}


def max_difference(
    encoder: ModelEncoder, exported: OnnxRetriever, inputs: dict[str, Tensor]
) -> float:
    """Compare features of torch and onnxruntime at several batch sizes.

    Args:
        encoder (ModelEncoder): With the torch model, on the CPU.
        exported (OnnxRetriever): The same model.
        inputs (dict[str, Tensor]): As :func:`sample_inputs` makes them.

    Returns:
        float: Largest absolute difference of one number of a feature.
    """
    differences = [
        _distance(_features(encoder.model, batch), exported.extract_feat(batch))
        for size in BATCH_SIZES
        for batch in ({key: x[:size] for key, x in inputs.items()},)
    ]
    return float(np.max(differences))


def _distance(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return float(np.max([(one[key] - other[key]).abs().max().item() for key in one]))


@torch.no_grad()
def _features(model: Any, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    return model.extract_feat(inputs)
