"""What a config costs on a device: parameters, operations, speed, memory."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope

from cpcl_mm.models import TextToImageRetriever
from cpcl_mm.registry import DATASETS, MODELS

from .costs import count_flops, count_parameters
from .made_up_data import MadeUpItems, label_at_random
from .timing import device_name, peak_memory, seconds_per_call

_VIEWS = {'image': 'images', 'text': 'captions'}


@dataclass(frozen=True)
class Efficiency:
    """What was counted and measured.

    Attributes:
        device (str): Name of the device.
        batch_size (int): Of training and of encoding.
        parameters (dict[str, int]): By the part of the model, then ``all`` and ``trainable``.
        flops (dict[str, int]): Operations to encode one ``image`` and one ``text``.
        rates (dict[str, float]): Items a second: ``loading`` of pairs by one process, ``training``
            with pairs, encoding of an ``image`` and of a ``text``.
        memory (int): Peak memory in bytes: of tensors on a GPU, of the process on the CPU.
    """

    device: str
    batch_size: int
    parameters: dict[str, int]
    flops: dict[str, int]
    rates: dict[str, float]
    memory: int


def analyze_efficiency(
    cfg: Config,
    device: str = 'cpu',
    batch_size: int | None = None,
    steps: int = 10,
    train_size: tuple[int, int] | None = None,
) -> Efficiency:
    """Count and measure what a config costs, on items that are made up.

    The model has random weights, whatever its ``pretrained`` says, which changes no time.

    Args:
        cfg (Config): Config of a training.
        device (str): Such as ``'cuda'``. Defaults to ``'cpu'``.
        batch_size (int, optional): Defaults to None: that of the training.
        steps (int): Steps that a rate is measured over. Defaults to 10.
        train_size (tuple[int, int], optional): Numbers of images and of captions of the training
            set. Defaults to None: see :func:`training_size`.

    Returns:
        Efficiency: The numbers.

    Raises:
        ValueError: If the model is no image-text retriever.
    """
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'cpcl_mm')):
        size = train_size or training_size(cfg)
        batch_size = batch_size or cfg.train_dataloader.batch_size
        bench = _Bench(cfg, torch.device(device), batch_size, steps)
        flops = {key: bench.flops(key) for key in _VIEWS}
        rates = bench.rates(size)
        return Efficiency(
            device=device_name(bench.device),
            batch_size=batch_size,
            parameters=count_parameters(bench.model),
            flops=flops,
            rates=rates,
            memory=peak_memory(bench.device),
        )


def training_size(cfg: Config) -> tuple[int, int]:
    """Find how many images and captions a config trains on.

    Args:
        cfg (Config): The config. A public data set need not be there: its size is published.

    Returns:
        tuple[int, int]: Numbers of images and of captions.
    """
    settings = cfg.train_dataloader.dataset
    split = settings.get('split', 'train')
    published = getattr(DATASETS.get(settings.type), 'published', {}).get(split)
    if published is not None:
        return published.images, published.captions
    dataset = DATASETS.build(settings)
    return len(dataset.images), len(dataset.captions)


class _Bench:
    """A model on a device, with batches that it is measured on."""

    def __init__(self, cfg: Config, device: torch.device, batch_size: int, steps: int) -> None:
        self.cfg, self.device, self.batch_size, self.steps = cfg, device, batch_size, steps
        preprocessor = cfg.get('data_preprocessor')
        self.model: Any = MODELS.build({'data_preprocessor': preprocessor, **cfg.model}).to(device)
        if not isinstance(self.model, TextToImageRetriever):
            raise ValueError(
                f'{cfg.filename} has a {type(self.model).__name__}: what is measured here is a '
                'TextToImageRetriever'
            )
        self.dims = self._encode('image', self._inputs('image', 1)).shape[1]

    def flops(self, key: str) -> int:
        """Operations to encode one image (``'image'``) or one caption (``'text'``)."""
        return count_flops(self.model, self._inputs(key, 1))

    def rates(self, train_size: tuple[int, int]) -> dict[str, float]:
        """Items a second of loading, training and encoding."""
        pairs = MadeUpItems(self.cfg.train_dataloader.dataset.pipeline, 'pairs')
        load = partial(pairs.batch, self.batch_size)
        cpu = torch.device('cpu')
        rates = {'loading': self.batch_size / seconds_per_call(load, cpu, steps=1, warm_up=1)}
        for key in _VIEWS:
            encode = partial(self._encode, key, self._inputs(key, self.batch_size))
            rates[key] = self._rate(encode)
        label_at_random(self.model.head, *train_size, self.dims, self.device)
        wrapper = build_optim_wrapper(self.model, self.cfg.optim_wrapper)
        self.model.train()
        rates['training'] = self._rate(partial(self.model.train_step, load(), wrapper))
        return rates

    def _rate(self, call: Callable[[], object]) -> float:
        return self.batch_size / seconds_per_call(call, self.device, self.steps)

    def _inputs(self, key: str, batch_size: int) -> dict[str, torch.Tensor]:
        pipeline = self.cfg.test_dataloader.dataset.pipeline
        batch = MadeUpItems(pipeline, _VIEWS[key]).batch(batch_size)
        return self.model.data_preprocessor(batch, False)['inputs']

    @torch.no_grad()
    def _encode(self, key: str, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        self.model.eval()
        return self.model(inputs, mode='tensor')[key]
