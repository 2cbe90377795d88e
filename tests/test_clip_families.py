"""A config of each CLIP family sees images and captions as open_clip's own model does."""

from pathlib import Path

import open_clip
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from PIL import Image
from safetensors.torch import save_file

from cpcl_mm.apis import load_run_config
from cpcl_mm.datasets.transforms.pipeline import build_pipeline
from cpcl_mm.registry import MODELS, TOKENIZERS

CONFIGS = sorted((Path(__file__).parents[1] / 'configs' / 'clip_families').glob('*.py'))
FAMILIES = [
    *('ViT-L-14-quickgelu', 'ViT-B-16-SigLIP', 'ViT-B-16-SigLIP2', 'EVA02-B-16', 'PE-Core-B-16'),
]
CAPTIONS = ['a man in red', 'A red man; a man']


@pytest.fixture(autouse=True)
def small_models(monkeypatch, shrink, hub_cache):
    """Few and narrow layers behind the names of the families, and no network."""
    for name in FAMILIES:
        monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, name, shrink(name))
    with DefaultScope.overwrite_default_scope('cpcl_mm'):
        yield


@pytest.fixture(params=CONFIGS, ids=lambda path: path.stem)
def cfg(request):
    return Config.fromfile(request.param)


@pytest.fixture
def weights(cfg, tmp_path, monkeypatch):
    """A file with weights of the config's family, which is what its tag is "downloaded" to."""
    torch.manual_seed(0)
    model = open_clip.create_model(cfg.architecture, force_image_size=tuple(cfg.image_size))
    path = str(tmp_path / 'open_clip_model.safetensors')
    save_file(model.state_dict(), path)
    for module in ('open_clip.factory', 'cpcl_mm.models.clip_weights'):
        monkeypatch.setattr(f'{module}.download_pretrained', lambda *_, **__: path)
    return path


def build(cfg):
    torch.manual_seed(1)
    return MODELS.build({**cfg.model, 'data_preprocessor': cfg.data_preprocessor})


def images(cfg, folder, size):
    """Write as many images as there are captions; ``size`` is (height, width)."""
    torch.manual_seed(2)
    paths = [str(folder / f'{number}.png') for number in range(len(CAPTIONS))]
    for path in paths:
        Image.fromarray(torch.randint(256, (*size, 3), dtype=torch.uint8).numpy()).save(path)
    return paths


def batch(pipeline, paths):
    transforms = build_pipeline(pipeline)
    return pseudo_collate(
        [
            transforms(dict(img_path=path, caption=caption, image_index=index, caption_index=index))
            for index, (path, caption) in enumerate(zip(paths, CAPTIONS, strict=True))
        ]
    )


def test_there_is_a_config_of_each_family():
    assert sorted(Config.fromfile(path).architecture for path in CONFIGS) == sorted(FAMILIES)


def test_pixels_and_features_equal_open_clips(cfg, weights, tmp_path):
    theirs, _, transform = open_clip.create_model_and_transforms(
        cfg.architecture, cfg.pretrained, force_image_size=tuple(cfg.image_size)
    )
    ours = build(cfg).eval()
    ours.init_weights()
    # open_clip cuts images for the families that were not trained on squashed ones.
    squashes = len(transform.transforms) == 4
    paths = images(cfg, tmp_path, (300, 100) if squashes else cfg.image_size)
    inputs = ours.data_preprocessor(batch(cfg.test_pipeline, paths))['inputs']
    pixels = torch.stack([transform(Image.open(path)) for path in paths])
    assert (inputs['image'] - pixels).abs().max() <= 1e-5
    with torch.no_grad():
        features = ours.extract_feat(inputs)
        image = theirs.eval().encode_image(pixels, normalize=True)
        text = theirs.encode_text(inputs['text'], normalize=True)
    assert (features['image'] - image).abs().max() <= 1e-5
    assert (features['text'] - text).abs().max() <= 1e-5


def test_captions_have_the_context_and_the_tokens_of_the_family(cfg):
    tokens = TOKENIZERS.build(cfg.tokenizer)(CAPTIONS)
    assert tokens.shape[1] == MODELS.build(cfg.model.text_backbone).context_length
    if 'SigLIP' not in cfg.architecture:
        assert torch.equal(tokens, open_clip.get_tokenizer(cfg.architecture)(CAPTIONS))


def test_a_training_step_changes_both_towers(cfg, tmp_path):
    model = build(cfg).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    data = batch(cfg.train_pipeline, images(cfg, tmp_path, (200, 80)))
    losses = model.train_step(data, optimizer)
    assert torch.isfinite(losses['loss'])
    changed = {name for name, value in model.state_dict().items() if not before[name].equal(value)}
    assert {name.split('.')[0] for name in changed} == {'image_backbone', 'text_backbone'}


def test_weights_of_another_family_are_refused_with_the_keys(tmp_path):
    siglip = open_clip.create_model('ViT-B-16-SigLIP')
    torch.save(siglip.state_dict(), tmp_path / 'siglip.pt')
    config = next(path for path in CONFIGS if 'eva02' in path.stem)
    cfg = load_run_config(str(config), weights=str(tmp_path / 'siglip.pt'))
    with pytest.raises(ValueError, match='siglip.pt.*another architecture.*unexpected keys: trunk'):
        build(cfg).init_weights()


def test_a_tag_without_a_network_is_answered_with_how_to_give_a_file(cfg, monkeypatch):
    def no_network(*_, **__):
        raise OSError('no route to host')

    monkeypatch.setattr('cpcl_mm.models.clip_weights.download_pretrained', no_network)
    with pytest.raises(ConnectionError, match=f"'{cfg.pretrained}' of '{cfg.architecture}'.*file"):
        build(cfg).init_weights()
