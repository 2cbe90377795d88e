"""Pretrain the small CLIP on SyntheticCatalog and write its weights as one safe file."""

from pathlib import Path

from mmengine.config import Config
from mmengine.runner import Runner
from safetensors.torch import save_file

import cpcl_mm  # noqa: F401
from cpcl_mm.apis import config_from_args, errors_in_a_sentence, parse_run_args, run_parser

EXAMPLES = """examples:
  what the package brings, anew:
    python tools/pretrain_synthetic_clip.py configs/itc/pretrain_synthetic.py \\
        --out cpcl_mm/weights/cpcl-tiny.safetensors
"""

SEARCH_KEYS = ('default_scope', 'model', 'data_preprocessor', 'test_pipeline')


def save_weights(runner: Runner, path: Path) -> None:
    """Write the towers in half precision, with the config that searching reads beside them."""
    weights = {
        key: tensor.half().contiguous()
        for key, tensor in runner.model.state_dict().items()
        if not key.startswith('head.')
    }
    own = {key: runner.cfg[key] for key in SEARCH_KEYS if key in runner.cfg}
    own['model'] = {key: value for key, value in own['model'].items() if key != 'head'}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, path, metadata={'cfg': Config(own).pretty_text})


def main() -> None:
    """Pretrain."""
    parser = run_parser(__doc__, EXAMPLES)
    parser.add_argument('--out', type=Path, required=True, help='*.safetensors file to write')
    args = parse_run_args(parser)
    with errors_in_a_sentence():
        runner = Runner.from_cfg(config_from_args(args))
        runner.train()
        save_weights(runner, args.out)
        print(f'{args.out}: {args.out.stat().st_size:,} bytes')


if __name__ == '__main__':
    main()
