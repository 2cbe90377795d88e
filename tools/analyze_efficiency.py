"""Parameters, operations, time of a step and peak memory of a config on this device."""

import argparse
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from mmengine.analysis import FlopAnalyzer
from mmengine.analysis.jit_handles import get_shape
from mmengine.config import Config, DictAction
from mmengine.dataset import pseudo_collate
from mmengine.device import get_device
from mmengine.logging import MMLogger
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from PIL import Image
from torch import Tensor, nn

from cpcl_mm.apis import load_run_config, tool_parser
from cpcl_mm.apis.measuring import device_name, label_at_random, peak_memory, seconds_per_call
from cpcl_mm.datasets.transforms.pipeline import build_pipeline
from cpcl_mm.models import TextToImageRetriever
from cpcl_mm.registry import MODELS

CAPTION = 'A man in a red jacket and blue trousers with a black backpack and white shoes.'
CPU_BATCH = 8
NOTES = f"""
The model has random weights, and its pairs are a made-up image and sentence that go through the
config's own pipeline, so neither weights nor data are needed. Operations are those of encoding one
image and one caption; a multiplication and an addition are one, as papers count. A step is
normalization, forward, backward and optimizer; loading is not in it. Peak memory is that of tensors
on a GPU, and of the whole process on a CPU.

examples:
  python tools/analyze_efficiency.py configs/cpcl_cuhk.py       # on a CPU {CPU_BATCH} pairs a step
  python tools/analyze_efficiency.py configs/cpcl_cuhk.py --batch-size 128 --cfg-options \\
      model.image_backbone.with_cp=True model.text_backbone.with_cp=True
"""


class OneTower(nn.Module):
    """Lets an input through its tower alone: what is counted takes and gives tensors."""

    def __init__(self, model: TextToImageRetriever, modality: str) -> None:
        super().__init__()
        self.model, self.modality = model, modality

    def forward(self, x: Tensor) -> Tensor:
        """Encode images (B, 3, H, W) or tokens (B, L)."""
        return self.model({self.modality: x}, mode='tensor')[self.modality]


def count_operations(model: TextToImageRetriever, modality: str, x: Tensor) -> int:
    """Count multiply-adds of encoding, those of attention included."""
    counter = FlopAnalyzer(OneTower(model, modality).eval(), (x,))
    counter.set_op_handle('aten::scaled_dot_product_attention', _attention_operations)
    counter.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(counter.total())


def _attention_operations(inputs: list[Any], outputs: list[Any]) -> int:
    # Queries times keys, and weights times values.
    (*batch, length, dims), keys = get_shape(inputs[0]), get_shape(inputs[1])[-2]
    return 2 * int(torch.tensor(batch).prod()) * length * keys * dims


def make_batch(cfg: Config, size: int) -> dict[str, Any]:
    """Make a batch of pairs through the training pipeline."""
    pipeline = build_pipeline(cfg.train_dataloader.dataset.pipeline)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, 'noise.png'))
        Image.effect_noise((128, 384), 60).convert('RGB').save(path)
        pair = dict(modality='pair', img_path=path, caption=CAPTION, identity=-1)
        return pseudo_collate(
            [
                pipeline({**pair, 'image_index': row, 'caption_index': row, 'sample_idx': row})
                for row in range(size)
            ]
        )


def analyze(
    cfg: Config, device: torch.device, batch_size: int, steps: int
) -> Iterator[tuple[str, str]]:
    """Count and measure; yield names and values."""
    model: Any = MODELS.build({'data_preprocessor': cfg.get('data_preprocessor'), **cfg.model})
    if not isinstance(model.to(device), TextToImageRetriever):
        raise ValueError(f'{cfg.filename} has a {type(model).__name__}, not a TextToImageRetriever')
    sizes = [(weight.numel() / 1e6, weight.requires_grad) for weight in model.parameters()]
    yield 'parameters', f'{sum(size for size, _ in sizes):.2f} M'
    yield 'trainable parameters', f'{sum(size for size, is_trained in sizes if is_trained):.2f} M'
    batch = make_batch(cfg, batch_size)
    inputs = model.data_preprocessor(batch, False)['inputs']
    for modality in ('image', 'text'):
        number = count_operations(model, modality, inputs[modality][:1])
        yield f'operations, {modality} tower', f'{number / 1e9:.3f} G'
    with torch.no_grad():
        dims = model({'text': inputs['text'][:1]}, mode='tensor')['text'].shape[1]
    label_at_random(model.head, batch_size, batch_size, dims, device)
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    step = partial(model.train().train_step, batch, wrapper)
    seconds = seconds_per_call(step, device, steps, warm_up=1)
    yield 'step', f'{seconds:.3f} s, {batch_size / seconds:.1f} pairs a second'
    yield 'peak memory', f'{peak_memory(device) / 2**30:.2f} GiB'


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(__doc__, NOTES)
    add = parser.add_argument
    add('config', help='config file of a training')
    add('--batch-size', type=int, help=f"(default: the config's; on a CPU at most {CPU_BATCH})")
    add('--device', default=get_device(), help='such as cpu or cuda:1 (default: %(default)s)')
    add('--steps', type=int, default=3, help='steps that are measured (default: 3)')
    add('--cfg-options', nargs='+', action=DictAction, metavar='KEY=VALUE', help='other settings')
    args = parser.parse_args()
    if min(args.steps, args.batch_size or 1) < 1:
        parser.error('--steps and --batch-size are whole numbers from 1')
    return args


def main() -> None:
    """Measure and print."""
    args = parse_args()
    # mmengine writes a line for every parameter with settings of its own.
    MMLogger.get_current_instance().setLevel('WARNING')
    cfg, device = (
        load_run_config(args.config, cfg_options=args.cfg_options),
        torch.device(args.device),
    )
    batch_size = args.batch_size or cfg.train_dataloader.batch_size
    if device.type == 'cpu' and not args.batch_size:
        batch_size = min(batch_size, CPU_BATCH)
    print(f'{args.config}: {device_name(device)}, batch of {batch_size}', flush=True)
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope', 'cpcl_mm')):
        for name, value in analyze(cfg, device, batch_size, args.steps):
            print(f'  {name:26}{value}', flush=True)


if __name__ == '__main__':
    main()
