"""Images a second of a CPCL step over those of open_clip alone, in the same run."""

import argparse
import itertools
import statistics
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
from torch import Tensor
from tqdm import tqdm

from cpcl_mm.apis import tool_parser
from cpcl_mm.apis.measuring import device_name, label_at_random, peak_memory, seconds_per_call
from cpcl_mm.datasets import CUHKPEDES
from cpcl_mm.models.clip_architecture import get_architecture
from cpcl_mm.registry import MODELS

CONFIG = Path(__file__).parents[2] / 'configs' / 'cpcl_cuhk.py'
DESCRIPTION = f"""{__doc__}

  open_clip  forward and backward of open_clip's own model with its own contrastive loss
  CPCL       forward and backward of the retriever of configs/cpcl_cuhk.py: the same towers, CPCL's
             losses against the prototypes of a training set like CUHK-PEDES, the memory update
  step       CPCL's whole training step: batch to the device, normalization, forward, backward, Adam

Both models have random weights, and both are measured in turn, --rounds times, so that a machine
whose speed drifts slows both; the ratio is the median of the rounds'. Its target on a GPU is at
least 0.95. bf16 is automatic mixed precision; its step needs a GPU. Memory is that of both models.
"""
EXAMPLES = """examples:
  python tools/benchmarks/clip_step.py --precisions fp32 bf16
  python tools/benchmarks/clip_step.py --architecture cpcl-tiny --image-size 96 48 --batch-sizes 8
"""


def build_ours(args: argparse.Namespace, device: torch.device) -> tuple[Any, Config]:
    """Build the retriever with pseudo labels, and read the config that its step takes."""
    cfg = Config.fromfile(CONFIG)
    for tower in (cfg.model.image_backbone, cfg.model.text_backbone):
        tower.update(architecture=args.architecture, pretrained=None)
    cfg.model.image_backbone.image_size = tuple(args.image_size)
    model: Any = MODELS.build({**cfg.model, 'data_preprocessor': cfg.data_preprocessor}).to(device)
    train, dims = CUHKPEDES.published['train'], model.image_backbone.embed_dims
    label_at_random(model.head, train.images, train.captions, dims, device)
    return model.train(), cfg


def build_bare(architecture: str, size: list[int]) -> Any:
    """Build open_clip's model."""
    native = get_architecture(architecture)['vision_cfg']['image_size']
    # open_clip takes a size for a timm model only if it is another one.
    force = None if native == list(size) else tuple(size)
    return open_clip.create_model(architecture, force_image_size=force, pretrained_text=False)


def make_batch(tower: Any, batch_size: int, image_size: list[int]) -> dict[str, Any]:
    """Make pairs of noise, as the data loader gives them."""
    tokens = torch.randint(1, tower.vocab_size - 1, (batch_size, tower.context_length))
    # Towers read the feature at the end of the text, whose id is the highest.
    tokens[:, -1] = tower.vocab_size - 1
    noise = torch.randint(256, (batch_size, 3, *image_size), dtype=torch.uint8)
    samples = [
        DataSample(metainfo=dict(image_index=row, caption_index=row)) for row in range(batch_size)
    ]
    return dict(inputs=dict(image=list(noise), text=list(tokens)), data_samples=samples)


def measure(args: argparse.Namespace, batch_size: int, precision: str) -> list[str]:
    """Measure one setting; give the numbers of its row."""
    device = torch.device(args.device)
    ours, cfg = build_ours(args, device)
    bare = build_bare(args.architecture, args.image_size).to(device).train()
    batch = make_batch(ours.text_backbone, batch_size, args.image_size)
    data = ours.data_preprocessor(batch, True)
    loss_of_bare = open_clip.ClipLoss()
    autocast = partial(torch.autocast, device.type, torch.bfloat16, enabled=precision == 'bf16')

    def bare_pass() -> None:
        with autocast():
            loss: Tensor = loss_of_bare(*bare(data['inputs']['image'], data['inputs']['text'])[:3])
        loss.backward()
        bare.zero_grad(set_to_none=True)

    def our_pass() -> None:
        with autocast():
            loss = torch.stack(list(ours(**data, mode='loss').values())).sum()
        loss.backward()
        ours.zero_grad(set_to_none=True)

    def rate(call: Any) -> float:
        return batch_size / seconds_per_call(call, device, args.steps)

    rounds = [
        (rate(bare_pass), rate(our_pass))
        for _ in tqdm(range(args.rounds), f'{batch_size}, {precision}', leave=False, disable=None)
    ]
    rates = [f'{statistics.median(values):,.1f}' for values in zip(*rounds, strict=True)]
    ratio = statistics.median(our / open_clips for open_clips, our in rounds)
    step = '-'
    if precision == 'fp32':
        cfg.optim_wrapper.type = 'OptimWrapper'
    if precision == 'fp32' or device.type == 'cuda':
        wrapper = build_optim_wrapper(ours, cfg.optim_wrapper)
        step = f'{rate(partial(ours.train_step, batch, wrapper)):,.1f}'
    return [*rates, f'{ratio:.3f}', step, f'{peak_memory(device) / 2**30:.1f}']


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(DESCRIPTION, EXAMPLES)
    add = parser.add_argument
    add('--architecture', default='ViT-B-16-quickgelu', help="of open_clip (default: the paper's)")
    add('--image-size', type=int, nargs=2, default=[384, 128], help='(default: 384 128)')
    add('--batch-sizes', type=int, nargs='+', default=[64, 128, 256], help='(default: 64 128 256)')
    add('--precisions', choices=['fp32', 'bf16'], nargs='+', default=['fp32'])
    add('--rounds', type=int, default=5, help='times that both are measured (default: 5)')
    add('--steps', type=int, default=10, help='steps of a round (default: 10)')
    add('--device', default=get_device(), help='(default: %(default)s)')
    return parser.parse_args()


def main() -> None:
    """Measure and print every setting; one that does not fit the memory says so."""
    args = parse_args()
    # mmengine writes a line for every parameter with settings of its own.
    MMLogger.get_current_instance().setLevel('WARNING')
    device = device_name(torch.device(args.device))
    print(f'{args.architecture}, {device}, torch {torch.__version__}; images a second\n')
    print('| precision | batch | open_clip | CPCL | ratio | step | GiB |')
    print('|---|--:|--:|--:|--:|--:|--:|')
    for precision, batch_size in itertools.product(args.precisions, args.batch_sizes):
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        try:
            with DefaultScope.overwrite_default_scope('cpcl_mm'):
                numbers = measure(args, batch_size, precision)
        except torch.OutOfMemoryError:
            numbers = ['out of memory', *['-'] * 4]
        print(f'| {" | ".join([precision, str(batch_size), *numbers])} |', flush=True)


if __name__ == '__main__':
    main()
