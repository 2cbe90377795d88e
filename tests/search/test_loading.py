import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from cpcl_mm.evaluation import rank_scores
from cpcl_mm.search.loading import load_encoder, model_fingerprint
from cpcl_mm.synthetic import SyntheticSettings, ensure_synthetic_pedes


def rewrite(checkpoint, path, **changed):
    """Write a checkpoint with other content."""
    torch.save({**torch.load(checkpoint), **changed}, path)
    return path


def test_a_checkpoint_alone_equals_config_and_checkpoint(small_checkpoint, small_config):
    alone = load_encoder(small_checkpoint, device='cpu')
    both = load_encoder(small_checkpoint, small_config(), device='cpu')
    assert alone.fingerprint == both.fingerprint
    assert alone.source == both.source == str(small_checkpoint)
    np.testing.assert_array_equal(alone.encode_texts(['red']), both.encode_texts(['red']))
    assert not alone.model.training


def test_pretrained_weights_are_not_fetched_and_the_head_is_not_needed(small_checkpoint, tmp_path):
    content = torch.load(small_checkpoint)
    text = content['meta']['cfg'].replace(
        "architecture='cpcl-tiny'", "architecture='cpcl-tiny', pretrained='/nowhere.pt'"
    )
    state = {**content['state_dict'], 'head.memory': torch.ones(3)}
    path = rewrite(small_checkpoint, tmp_path / 'a.pth', meta={'cfg': text}, state_dict=state)
    expected = load_encoder(small_checkpoint, device='cpu').fingerprint
    assert load_encoder(path, device='cpu').fingerprint == expected


def test_a_config_is_no_trained_model(small_config):
    with pytest.raises(ValueError, match=r'small\.py cannot be read as a checkpoint'):
        load_encoder(small_config())


def test_a_safetensors_file_with_its_config_is_a_checkpoint(small_checkpoint, tmp_path):
    content = torch.load(small_checkpoint)
    towers = {k: v for k, v in content['state_dict'].items() if not k.startswith('head.')}
    path = tmp_path / 'weights.safetensors'
    save_file(towers, path, metadata={'cfg': content['meta']['cfg']})
    expected = load_encoder(small_checkpoint, device='cpu').fingerprint
    assert load_encoder(path, device='cpu').fingerprint == expected
    evil = content['meta']['cfg'].replace("'PackImageCaption'", "'cpcl_mm.SyntheticPedes'")
    save_file(towers, path, metadata={'cfg': evil})
    with pytest.raises(ValueError, match='not on the list of what is built from a file'):
        load_encoder(path)


def test_a_cut_safetensors_file_is_named(tmp_path):
    (tmp_path / 'cut.safetensors').write_bytes(b'0' * 20)
    with pytest.raises(ValueError, match='cut.safetensors cannot be read as a checkpoint'):
        load_encoder(tmp_path / 'cut.safetensors')


def test_the_model_that_the_package_brings_tells_people_apart_untrained(tmp_path):
    settings = SyntheticSettings(train_identities=1, val_identities=1, test_identities=30)
    root = ensure_synthetic_pedes(tmp_path / 'set', settings)
    records = [r for r in json.loads((root / 'data_captions.json').read_text()) if r['id'] >= 2]
    encoder = load_encoder('cpcl-tiny', device='cpu')
    assert encoder.source.endswith('weights/cpcl-tiny.safetensors')
    pictures = [Image.open(root / 'imgs' / record['img_path']) for record in records]
    images = encoder.encode_images([encoder.prepare_image(picture) for picture in pictures])
    texts = encoder.encode_texts([r['captions'][0] for r in records])
    people = [record['id'] for record in records]
    scores = rank_scores(texts, images, people, people)
    chance = 100 * 4 / 120
    assert scores.recall[1] > 4 * chance


def test_a_checkpoint_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="no checkpoint 'nowhere.pth'"):
        load_encoder('nowhere.pth')


class Payload:
    def __reduce__(self):
        return (exec, ('raise SystemExit("code from a checkpoint was executed")',))


@pytest.mark.parametrize('content', [b'', b'no checkpoint', b'hello', [1], Payload()])
def test_a_file_that_is_no_checkpoint_or_holds_code_is_refused(tmp_path, content):
    path = tmp_path / 'evil.pth'
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(ValueError, match=r'evil.pth cannot be read as a checkpoint'):
        load_encoder(path)


@pytest.mark.parametrize('content', [{'weight': torch.ones(2)}, {'state_dict': 7}])
def test_a_file_of_weights_alone_is_named_as_such(tmp_path, content):
    torch.save(content, tmp_path / 'weights.pt')
    with pytest.raises(ValueError, match='weights.pt has no "state_dict"'):
        load_encoder(tmp_path / 'weights.pt')


@pytest.mark.parametrize(
    ('change', 'says'),
    [
        (lambda state: state.popitem(), '1 weights are missing'),
        (
            lambda state: state.update({'other.weight': torch.ones(2)}),
            r"1 are unknown \['other.wei",
        ),
        (lambda state: state.update({k: x[:1] for k, x in state.items()}), 'size mismatch'),
    ],
)
def test_weights_that_do_not_fit_are_refused(small_checkpoint, tmp_path, change, says):
    state = torch.load(small_checkpoint)['state_dict']
    change(state)
    path = rewrite(small_checkpoint, tmp_path / 'a.pth', state_dict=state)
    with pytest.raises(ValueError, match=f'(?s)a.pth does not fit its config: .*{says}'):
        load_encoder(path, device='cpu')


def test_another_kind_of_model_is_named(small_checkpoint, small_config):
    model = "dict(_delete_=True, type='ImageClassifier', backbone=dict(type='LeNet5'))"
    config = small_config(extra=f'model = {model}\ndata_preprocessor = None')
    with pytest.raises(ValueError, match='holds a ImageClassifier; .*TextToImageRetriever'):
        load_encoder(small_checkpoint, config, device='cpu')


def test_numbers_that_do_not_fit_each_other_are_named(small_checkpoint, tmp_path):
    text = torch.load(small_checkpoint)['meta']['cfg']
    text += """\nmodel = dict(
        type='TextToImageRetriever',
        image_backbone=dict(type='ResNet', depth=7),
        text_backbone=dict(type='CLIPTextTower', architecture='cpcl-tiny'),
    )"""
    path = rewrite(small_checkpoint, tmp_path / 'a.pth', meta={'cfg': text})
    with pytest.raises(ValueError, match='a.pth describes cannot be built .KeyError'):
        load_encoder(path, device='cpu')


@pytest.mark.parametrize('device', ['cuda:99', 'graphics card'])
def test_a_device_that_is_not_there_is_named(small_checkpoint, device):
    with pytest.raises(ValueError, match=f"device='{device}' cannot be used"):
        load_encoder(small_checkpoint, device=device)


MODEL = dict(
    type='TextToImageRetriever',
    image_backbone=dict(type='Tower', architecture='tiny', pretrained='openai', with_cp=True),
    head=dict(type='Head', weights=dict(cross=1.0)),
    data_preprocessor=dict(type='Preprocessor', architecture='tiny', pretrained='openai'),
)
PIPELINE = [dict(type='Resize', scale=(48, 96))]
WEIGHTS = {
    'tower.weight': torch.ones(2, 3),
    'tower.steps': torch.tensor(3),
}


def fingerprint(model=(), pipeline=PIPELINE, weights=()):
    return model_fingerprint({**MODEL, **dict(model)}, pipeline, {**WEIGHTS, **dict(weights)})


def test_it_is_short_and_the_same_every_time():
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 32


@pytest.mark.parametrize(
    'other',
    [
        dict(model=dict(image_backbone=dict(type='Tower', architecture='small'))),
        dict(model=dict(data_preprocessor=dict(type='Preprocessor', pretrained='laion'))),
        dict(pipeline=[dict(type='Resize', scale=(128, 384))]),
        dict(weights={'tower.weight': torch.ones(2, 3) + torch.eye(2, 3) * 1e-6}),
        dict(weights={'tower.weight': torch.ones(3, 2)}),
        dict(weights={'tower.weight': torch.ones(2, 3, dtype=torch.bfloat16)}),
        dict(weights={'tower.bias': torch.ones(2)}),
    ],
)
def test_whatever_changes_features_changes_it(other):
    assert fingerprint(**other) != fingerprint()


@pytest.mark.parametrize(
    'other',
    [
        dict(model=dict(head=dict(type='OtherHead'))),
        dict(model=dict(image_backbone=dict(type='Tower', architecture='tiny', frozen_stages=2))),
        dict(pipeline=({'scale': [48, 96], 'type': 'Resize'},)),
    ],
)
def test_what_concerns_training_alone_does_not(other):
    assert fingerprint(**other) == fingerprint()
