"""Images a second of a CPCL step over those of open_clip alone, in the same run."""

import argparse
import itertools
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import open_clip
import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.logging import MMLogger
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample
from torch import Tensor, nn
from tqdm import tqdm

from cpcl_mm.apis import tool_parser
from cpcl_mm.apis.efficiency import device_name, label_at_random, peak_memory, seconds_per_call
from cpcl_mm.datasets import CUHKPEDES
from cpcl_mm.models.clip_architecture import get_architecture
from cpcl_mm.registry import MODELS

ROOT = Path(__file__).parents[2]
PRECISIONS = {'fp32': torch.float32, 'bf16': torch.bfloat16}
DESCRIPTION = f"""{__doc__}

  bare   forward and backward of open_clip's own model with its own contrastive loss
  CPCL   forward and backward of the retriever of configs/cpcl_cuhk.py: the same towers, CPCL's
         losses against the prototypes of a training set like CUHK-PEDES, and the memory update
  step   CPCL's whole training step: batch to the device, normalization, forward, backward, Adam

Both models have random weights, and bare and CPCL are measured in turn, --rounds times, so that a
machine whose speed drifts slows both; the ratio is the median of the rounds'. Its target on a GPU
is at least 0.95. fp32 is what PyTorch does without being told otherwise; bf16 is automatic mixed
precision. The step of bf16 needs a GPU.
"""
EXAMPLES = """examples:
  python tools/benchmarks/clip_step.py --precisions fp32 bf16
  python tools/benchmarks/clip_step.py --precisions bf16 --compile --batch-sizes 64 --json step.json
  python tools/benchmarks/clip_step.py --architecture cpcl-tiny --image-size 96 48 --batch-sizes 8
"""


@dataclass(frozen=True)
class Measurement:
    """Images a second of one setting.

    Attributes:
        batch_size (int): Images, and captions, of a batch.
        precision (str): A key of :data:`PRECISIONS`.
        compiled (bool): Whether the models went through torch.compile.
        bare (float): Of open_clip's forward and backward, median of the rounds.
        ours (float): Of CPCL's, likewise.
        ratio (float): Median of the rounds' ratios of ours to bare.
        step (float | None): Of CPCL's whole training step; None where it cannot run.
        gibibytes (float): Peak memory, of both models together.
    """

    batch_size: int
    precision: str
    compiled: bool
    bare: float
    ours: float
    ratio: float
    step: float | None
    gibibytes: float


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add('--architecture', default='ViT-B-16-quickgelu', help="of open_clip (default: the paper's)")
    add('--image-size', type=int, nargs=2, default=(384, 128), help='(default: 384 128)')
    add('--batch-sizes', type=int, nargs='+', default=[64, 128, 256], help='(default: 64 128 256)')
    add('--precisions', choices=PRECISIONS, nargs='+', default=['fp32'], help='(default: fp32)')
    add('--compile', action='store_true', help='measure with torch.compile, too')
    add('--rounds', type=int, default=5, help='times that both are measured (default: 5)')
    add('--steps', type=int, default=10, help='steps of a round (default: 10)')
    add('--device', default=get_device(), help='(default: %(default)s)')
    add('--json', type=Path, metavar='FILE', help='write the numbers to this file, too')
    return parser.parse_args(argv)


class Contest:
    """Both models on a device, with a batch that both take.

    Args:
        args (argparse.Namespace): The command line.
        batch_size (int): Pairs of a batch.
        precision (str): A key of :data:`PRECISIONS`.
        compiled (bool): Whether to compile: open_clip's model as a whole, our two towers.
    """

    def __init__(
        self, args: argparse.Namespace, batch_size: int, precision: str, compiled: bool
    ) -> None:
        self.device, self.precision = torch.device(args.device), precision
        self.cfg = Config.fromfile(ROOT / 'configs' / 'cpcl_cuhk.py')
        size = tuple(args.image_size)
        towers = dict(architecture=args.architecture, pretrained=None)
        self.cfg.model.image_backbone.update(towers, image_size=size)
        self.cfg.model.text_backbone.update(towers)
        self.ours: Any = self._build_ours()
        self.bare = _build_bare(args.architecture, size).to(self.device).train()
        self.bare_loss = open_clip.ClipLoss()
        if compiled:
            for part in (self.bare, self.ours.image_backbone, self.ours.text_backbone):
                part.compile()
        self.batch = self._make_batch(batch_size, size)
        self.data = self.ours.data_preprocessor(self.batch, True)

    def bare_pass(self) -> None:
        """Forward and backward of open_clip."""
        with self._autocast():
            outputs = self.bare(self.data['inputs']['image'], self.data['inputs']['text'])
            loss = self.bare_loss(*outputs[:3])
        _backward(loss, self.bare)

    def our_pass(self) -> None:
        """Forward and backward of CPCL, with the update of its memories."""
        with self._autocast():
            losses: dict[str, Tensor] = self.ours(**self.data, mode='loss')
        _backward(torch.stack(list(losses.values())).sum(), self.ours)

    def training_step(self) -> Callable[[], object] | None:
        """Give a call that makes a whole training step; None where there is no such thing."""
        if self.precision == 'fp32':
            self.cfg.optim_wrapper.type = 'OptimWrapper'
        elif self.device.type == 'cpu':
            return None
        wrapper = build_optim_wrapper(self.ours, self.cfg.optim_wrapper)
        return partial(self.ours.train_step, self.batch, wrapper)

    def _build_ours(self) -> Any:
        settings = {**self.cfg.model, 'data_preprocessor': self.cfg.data_preprocessor}
        model = MODELS.build(settings).to(self.device).train()
        train = CUHKPEDES.published['train']
        dims = model.image_backbone.embed_dims
        label_at_random(model.head, train.images, train.captions, dims, self.device)
        return model

    def _make_batch(self, batch_size: int, size: tuple[int, int]) -> dict[str, Any]:
        """Pairs of noise, as the data loader gives them."""
        tower = self.ours.text_backbone
        tokens = torch.randint(1, tower.vocab_size - 1, (batch_size, tower.context_length))
        # Towers read the feature at the end of the text, whose id is the highest.
        tokens[:, -1] = tower.vocab_size - 1
        noise = torch.randint(256, (batch_size, 3, *size), dtype=torch.uint8)
        samples = [
            DataSample(metainfo=dict(image_index=index, caption_index=index))
            for index in range(batch_size)
        ]
        return dict(inputs=dict(image=list(noise), text=list(tokens)), data_samples=samples)

    def _autocast(self) -> AbstractContextManager:
        dtype = PRECISIONS[self.precision]
        return torch.autocast(self.device.type, dtype, enabled=dtype != torch.float32)


def _build_bare(architecture: str, size: tuple[int, int]) -> Any:
    native = get_architecture(architecture)['vision_cfg']['image_size']
    # open_clip takes a size for a timm model only if it is another one.
    force = None if native == list(size) else size
    return open_clip.create_model(architecture, force_image_size=force, pretrained_text=False)


def _backward(loss: Tensor, model: nn.Module) -> None:
    loss.backward()
    model.zero_grad(set_to_none=True)


def measure(
    args: argparse.Namespace, batch_size: int, precision: str, compiled: bool
) -> Measurement:
    """Measure one setting."""
    contest = Contest(args, batch_size, precision, compiled)
    rate = partial(_rate, batch_size, contest.device, args.steps)
    rounds = [
        (rate(contest.bare_pass), rate(contest.our_pass))
        for _ in tqdm(range(args.rounds), f'{batch_size}, {precision}', leave=False, disable=None)
    ]
    bare, ours = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    step = contest.training_step()
    return Measurement(
        batch_size=batch_size,
        precision=precision,
        compiled=compiled,
        bare=bare,
        ours=ours,
        ratio=statistics.median(b / a for a, b in rounds),
        step=None if step is None else rate(step),
        gibibytes=peak_memory(contest.device) / 2**30,
    )


def _rate(batch_size: int, device: torch.device, steps: int, call: Callable[[], object]) -> float:
    return batch_size / seconds_per_call(call, device, steps)


def measure_all(args: argparse.Namespace) -> list[Measurement]:
    """Measure and print every setting; one that does not fit the memory is left out."""
    results = []
    compiled = (False, True) if args.compile else (False,)
    for setting in itertools.product(args.precisions, compiled, args.batch_sizes):
        precision, with_compile, batch_size = setting
        name = f'{precision}{", compiled" if with_compile else ""}'
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        try:
            result = measure(args, batch_size, precision, with_compile)
        except torch.OutOfMemoryError:
            print(f'{name:16}{batch_size:6}  out of memory', flush=True)
            continue
        step = '-' if result.step is None else f'{result.step:,.1f}'
        print(
            f'{name:16}{batch_size:6}{result.bare:12,.1f}{result.ours:12,.1f}'
            f'{result.ratio:8.3f}{step:>12}{result.gibibytes:8.2f}',
            flush=True,
        )
        results.append(result)
    return results


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write."""
    args = parse_args(argv)
    # mmengine writes a line for every parameter with settings of its own.
    MMLogger.get_current_instance().setLevel('WARNING')
    device = device_name(torch.device(args.device))
    height, width = args.image_size
    print(f'{args.architecture}, {height} x {width}, {device}, torch {torch.__version__}')
    print(f'{"images/s":16}{"batch":>6}{"bare":>12}{"CPCL":>12}{"ratio":>8}{"step":>12}{"GiB":>8}')
    with DefaultScope.overwrite_default_scope('cpcl_mm'):
        results = measure_all(args)
    print('ratio: target at least 0.95 on a GPU')
    if args.json:
        record = dict(device=device, torch=torch.__version__, architecture=args.architecture)
        record |= dict(image_size=[height, width], results=[asdict(result) for result in results])
        args.json.write_text(json.dumps(record, indent=2) + '\n', encoding='utf-8')
    return 0


if __name__ == '__main__':
    if exit_code := main():
        sys.exit(exit_code)
