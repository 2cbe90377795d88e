"""Estimate the GPU memory of a training from what one step keeps for its backward pass.

Counted on the CPU: every storage that autograd saves in a step of both towers, each once, in
bfloat16 where the config has mixed precision. It grows evenly, so batches of 2 and of 4 pairs tell
that of any batch. To it come weights, gradients and Adam's two moments in fp32. Not in it are the
loss, what a kernel works with for a moment, and CUDA's own few hundred MiB.
"""

import argparse
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

import cpcl_mm  # noqa: F401
from cpcl_mm.apis import tool_parser
from cpcl_mm.registry import MODELS

EXAMPLES = """examples:
  python tools/benchmarks/training_memory.py configs/lora/lora_cuhk.py --batch-size 64
"""
GIB = 2**30


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = tool_parser(__doc__, EXAMPLES)
    parser.add_argument('configs', nargs='+', help='configs with CLIP towers')
    parser.add_argument('--batch-size', type=int, default=64, help='pairs (default: %(default)s)')
    return parser.parse_args()


def bytes_saved(model: Any, batch_size: int, mixed: bool) -> int:
    """Count what autograd keeps of a step beside weights and buffers."""
    own = {x.untyped_storage().data_ptr() for x in (*model.parameters(), *model.buffers())}
    saved: dict[int, torch.Tensor] = {}

    def pack(x: torch.Tensor) -> torch.Tensor:
        if (place := x.untyped_storage().data_ptr()) not in own:
            saved[place] = x
        return x

    text = model.text_backbone
    tokens = torch.randint(1, text.vocab_size - 1, (batch_size, text.context_length))
    inputs = {'image': torch.rand(batch_size, 3, *model.image_backbone.image_size), 'text': tokens}
    with (
        torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x),
        torch.autocast('cpu', dtype=torch.bfloat16, enabled=mixed),
    ):
        features = model.extract_feat(inputs)
        (features['image'] @ features['text'].T).logsumexp(1).mean()
    return sum(x.untyped_storage().nbytes() for x in saved.values())


def estimate(config: str, batch_size: int) -> str:
    """Write a row of the table."""
    cfg = Config.fromfile(config)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build({**cfg.model, 'data_preprocessor': cfg.get('data_preprocessor')})
    mixed = cfg.optim_wrapper.type == 'mixed_precision'
    two, four = (bytes_saved(model.train(), number, mixed) for number in (2, 4))
    saved = two + (batch_size - 2) * (four - two) // 2
    towers = [*model.image_backbone.parameters(), *model.text_backbone.parameters()]
    weights, learned = (
        sum(p.numel() for p in towers if p.requires_grad or every) for every in (True, False)
    )
    whole = saved + 4 * weights + 12 * learned
    return (
        f'| {config} | {weights / 1e6:.1f} M | {learned / 1e6:.2f} M | {saved / GIB:.2f} GiB | '
        f'{whole / GIB:.2f} GiB |'
    )


def main() -> None:
    """Estimate each of the configs."""
    args = parse_args()
    torch.manual_seed(0)
    print(f'| config, batch of {args.batch_size} | weights | trained | kept of a step | all |')
    print('|---|---|---|---|---|')
    for config in args.configs:
        print(estimate(config, args.batch_size), flush=True)


if __name__ == '__main__':
    main()
