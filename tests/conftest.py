"""What tests make on the fly: a small data set, small CLIP models, a tokenizer of a hub."""

import os

# Tests compare bits, and fork: a GPU lets them do neither. It has to be hidden before PyTorch looks
# for it. CONTRIBUTING.md says which tests can use one.
if not os.environ.get('CPCL_MM_TESTS_USE_GPU'):
    os.environ['CUDA_VISIBLE_DEVICES'] = ''

import copy
import functools
import itertools
import json
import logging
import multiprocessing
import runpy
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mmengine.config.config
import open_clip
import pytest
import timm
import tokenizers
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from PIL import Image
from transformers import PreTrainedTokenizerFast

# As a Runner sets it: by the default of Python 3.14 every worker would import what it needs.
multiprocessing.set_start_method('fork', force=True)
# Models of this size are slower with two threads; processes that tests start inherit the setting.
torch.set_num_threads(1)
os.environ['OMP_NUM_THREADS'] = '1'

COLORS = {
    'red': (200, 30, 30),
    'green': (30, 160, 40),
    'blue': (30, 50, 200),
    'yellow': (230, 210, 40),
    'purple': (130, 40, 150),
    'white': (240, 240, 240),
    'black': (20, 20, 20),
}
LOOKS = [(upper, lower) for upper in COLORS for lower in COLORS if upper != lower]
TEMPLATES = (
    'a person in a {upper} shirt and {lower} trousers',
    '{lower} trousers and a {upper} shirt',
    'the shirt is {upper} , the trousers are {lower}',
)
CONFIGS = Path(__file__).parents[1] / 'configs'
# Runs that begin within a second would share logger and visualizer if they had one name.
SMALL_RUN = """
_base_ = {base!r}
experiment_name = 'small_{number}'
data = dict(type='ImageCaptionDataset', data_root={root!r}, ann_file='data_captions.json')
train_dataloader = dict(batch_size=4, dataset=data)
val_dataloader = dict(batch_size=4, dataset=data)
test_dataloader = dict(batch_size=4, dataset=data)
train_cfg = dict(max_epochs=4, val_interval=2)
env_cfg = dict(dist_cfg=dict(backend='gloo'))
"""
IDENTITIES = {'train': 6, 'val': 3, 'test': 3}

MakePedes = Callable[..., Path]


@pytest.fixture(scope='session', autouse=True)
def configs_are_formatted_once() -> Iterator[None]:
    """Every checkpoint holds its config as text, and layout takes longer than small trainings."""
    formatted: dict[str, Any] = {}
    format_code = mmengine.config.config.FormatCode

    def format_once(text: str, **style: Any) -> Any:
        if text not in formatted:
            formatted[text] = format_code(text, **style)
        return formatted[text]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mmengine.config.config, 'FormatCode', format_once)
        yield


@contextmanager
def scope_restored() -> Iterator[None]:
    """A Runner sets the default scope of the process, and what follows must not see it."""
    before = dict(DefaultScope._instance_dict)
    yield
    DefaultScope._instance_dict.clear()
    DefaultScope._instance_dict.update(before)


@pytest.fixture(autouse=True)
def no_scope_outlives_its_test() -> Iterator[None]:
    """Of Runners of a test."""
    with scope_restored():
        yield


@pytest.fixture(autouse=True, scope='module')
def no_scope_outlives_its_module() -> Iterator[None]:
    """Of Runners that a module's tests share."""
    with scope_restored():
        yield


@pytest.fixture(scope='session')
def load_config() -> Callable[[str], Config]:
    """``load_config('cpcl_cuhk')`` is a copy of a config of ``configs/`` or a method's folder."""
    read = functools.cache(lambda name: Config.fromfile(find_config(name)))
    return lambda name: copy.deepcopy(read(name))


def find_config(name: str) -> Path:
    """Find a config by its name, or by its path in ``configs/``."""
    path = CONFIGS / f'{name}.py'
    return path if path.exists() else next(CONFIGS.glob(f'*/{name}.py'))


@pytest.fixture(scope='session')
def pedes_words() -> list[str]:
    """Every word of the captions that ``make_pedes`` writes."""
    captions = ' '.join(TEMPLATES).format(upper='', lower='').replace(',', '')
    return sorted({*captions.split(), *COLORS})


@pytest.fixture(scope='session')
def make_pedes() -> MakePedes:
    """Write a data set in RSTPReid's schema: blocks of two colors, captions that name them.

    ``make_pedes(root)`` returns ``root`` with ``imgs/*.png`` and ``data_captions.json``. No two of
    up to 42 identities look alike, and none is in two splits. ``size`` is (height, width).
    """

    def make(
        root: Path,
        identities: Mapping[str, int] = IDENTITIES,
        images_per_identity: int = 2,
        captions_per_image: int = 2,
        size: tuple[int, int] = (48, 24),
        with_ids: bool = True,
    ) -> Path:
        (root / 'imgs').mkdir(parents=True, exist_ok=True)
        records = []
        for identity, split in enumerate(_split_of_each_identity(identities)):
            # A step that is prime to the number of looks mixes the colors within a split.
            upper, lower = LOOKS[identity * 5 % len(LOOKS)]
            for number in range(images_per_identity):
                name = f'{identity:04d}_{number}.png'
                _draw(upper, lower, size, number).save(root / 'imgs' / name)
                record: dict[str, Any] = {'id': identity} if with_ids else {}
                captions = _captions(upper, lower, number, captions_per_image)
                records.append(record | {'img_path': name, 'captions': captions, 'split': split})
        (root / 'data_captions.json').write_text(json.dumps(records), encoding='utf-8')
        return root

    return make


@pytest.fixture(scope='session')
def pedes_root(make_pedes: MakePedes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a data set of ``make_pedes``'s default size, shared by all tests: do not write."""
    return make_pedes(tmp_path_factory.mktemp('pedes'))


@pytest.fixture(scope='session')
def write_public_dataset() -> Callable[..., Path]:
    """``write_public_dataset(name, root)`` writes a small CUHK-PEDES, ICFG-PEDES or RSTPReid."""
    # By its path: whether tests can import each other depends on how pytest is started.
    return runpy.run_path(str(Path(__file__).with_name('public_datasets.py')))[
        'write_public_dataset'
    ]


@pytest.fixture(scope='session')
def write_weights() -> Callable[..., Path]:
    """``write_weights(form, model, path)`` writes the weights of a small ``open_clip.CLIP``."""
    return runpy.run_path(str(Path(__file__).with_name('weight_forms.py')))['write_weights']


def _split_of_each_identity(identities: Mapping[str, int]) -> Iterator[str]:
    for split, count in identities.items():
        yield from [split] * count


def _captions(upper: str, lower: str, first: int, count: int) -> list[str]:
    templates = (TEMPLATES[(first + k) % len(TEMPLATES)] for k in range(count))
    return [template.format(upper=upper, lower=lower) for template in templates]


def _draw(upper: str, lower: str, size: tuple[int, int], number: int) -> Image.Image:
    """Draw a shirt above trousers; ``number`` shifts the waist, so that images differ."""
    height, width = size
    image = Image.new('RGB', (width, height), COLORS[upper])
    image.paste(COLORS[lower], (0, height // 2 + number, width, height))
    return image


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """The messages that mmengine's current logger gets during a test."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    yield messages
    logger.removeHandler(handler)


@pytest.fixture(scope='session')
def write_small_config(pedes_root: Path) -> Callable[[Path, str, str], str]:
    """A function that writes a config file: ``base`` of ``configs/``, on the tests' data set."""
    numbers = itertools.count()

    def write(path: Path, base: str, extra: str = '') -> str:
        places = dict(base=str(CONFIGS / base), root=str(pedes_root))
        path.write_text(SMALL_RUN.format(**places, number=next(numbers)) + extra)
        return str(path)

    return write


@pytest.fixture
def small_config(
    tmp_path: Path, write_small_config: Callable[[Path, str, str], str]
) -> Callable[..., str]:
    """The same, with a default config and a file in the test's own folder."""

    def write(base: str = 'itc/clip_itc_synthetic.py', extra: str = '') -> str:
        return write_small_config(tmp_path / 'small.py', base, extra)

    return write


@pytest.fixture(scope='session')
def shrink() -> Callable[[str], dict[str, Any]]:
    """``shrink(name)`` is the config of a CLIP architecture, with few and narrow layers."""

    def make(name: str) -> dict[str, Any]:
        config = open_clip.get_model_config(name)
        vision = config['vision_cfg']
        config['embed_dim'] = 64
        config['text_cfg'].update(width=32, heads=2, layers=2)
        if 'timm_model_name' in vision:
            vision['timm_model_name'] = _register_small(vision['timm_model_name'])
        else:
            vision.update(width=64, layers=3, head_width=32)
        return config

    return make


def _register_small(name: str) -> str:
    """Register a timm model of the same kind with few and narrow layers; return its name."""

    def build(pretrained: bool = False, **kwargs: Any) -> torch.nn.Module:
        return timm.create_model(name, pretrained, embed_dim=64, depth=3, num_heads=2, **kwargs)

    build.__name__ = f'small_{name}'
    if not timm.is_model(build.__name__):
        timm.models.register_model(build)
    return build.__name__


@pytest.fixture(scope='session')
def hub_files(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a word tokenizer in the files of the Hugging Face hub; ``</s>`` (2) ends."""
    vocabulary = {'<pad>': 0, '<unk>': 1, '</s>': 2, 'a': 3, 'man': 4, 'red': 5}
    words = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token='<unk>'))
    words.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    words.post_processor = tokenizers.processors.TemplateProcessing(
        single='$A </s>', special_tokens=[('</s>', 2)]
    )
    folder = tmp_path_factory.mktemp('tokenizer')
    PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token='<pad>', unk_token='<unk>', eos_token='</s>'
    ).save_pretrained(folder)
    return str(folder)


@pytest.fixture
def hub_cache(hub_files: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, and a cache of the Hugging Face hub with a tokenizer for SigLIP and SigLIP 2."""
    for name in ('ViT-B-16-SigLIP', 'ViT-B-16-SigLIP2'):
        repository = tmp_path / 'hub' / f'models--timm--{name}'
        shutil.copytree(hub_files, repository / 'snapshots' / 'commit')
        (repository / 'refs').mkdir()
        (repository / 'refs' / 'main').write_text('commit')
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path / 'hub'))
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_OFFLINE', True)


@pytest.fixture(scope='session')
def small_checkpoint(
    write_small_config: Callable[[Path, str, str], str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A checkpoint of an untrained ``clip_itc_synthetic.py``, as the Runner would write it."""
    from cpcl_mm.registry import MODELS

    folder = tmp_path_factory.mktemp('checkpoint')
    cfg = Config.fromfile(write_small_config(folder / 'small.py', 'itc/clip_itc_synthetic.py', ''))
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build({**cfg.model, 'data_preprocessor': cfg.data_preprocessor})
    checkpoint = {'meta': {'cfg': cfg.pretty_text}, 'state_dict': model.state_dict()}
    torch.save(checkpoint, folder / 'epoch_1.pth')
    return folder / 'epoch_1.pth'


@pytest.fixture(scope='session')
def make_encoder() -> Callable[..., Any]:
    """``make_encoder()`` is an encoder of ``cpcl_mm.search`` that sees nothing but colors.

    It counts images in ``encoded``, and pulls the plug when they reach ``fail_at``.
    """
    return runpy.run_path(str(Path(__file__).with_name('color_encoder.py')))['ColorEncoder']


@pytest.fixture
def encoder(make_encoder: Callable[..., Any]) -> Any:
    """What ``make_encoder()`` makes."""
    return make_encoder()


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """A folder with images of one color: red.png, green.png and, one level down, blue.png."""
    folder = tmp_path / 'crops'
    (folder / 'below').mkdir(parents=True)
    for color, name in (('red', 'red.png'), ('lime', 'green.png'), ('blue', 'below/blue.png')):
        Image.new('RGB', (8, 16), color).save(folder / name)
    return folder
