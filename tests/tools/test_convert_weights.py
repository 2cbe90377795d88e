import open_clip
import pytest
import torch

from cpcl_mm.models import WordTokenizer
from cpcl_mm.models.weights_file import read_weights

TOOL = 'convert_weights.py'
WORDS = WordTokenizer().vocab_size
ARCHITECTURE = dict(
    embed_dim=24,
    quick_gelu=True,
    vision_cfg=dict(image_size=(96, 48), patch_size=16, width=32, layers=2, head_width=16),
    text_cfg=dict(context_length=40, vocab_size=WORDS, width=32, heads=2, layers=2),
)
SMALL_VIT = f"""
tower = dict(_delete_=True, architecture={ARCHITECTURE!r}, pretrained=None)
model = dict(
    image_backbone=dict(tower, type='CLIPImageTower', image_size=(96, 48)),
    text_backbone=dict(tower, type='CLIPTextTower'),
)
train_cfg = dict(max_epochs=1, val_interval=1)
"""


@pytest.fixture
def model():
    torch.manual_seed(0)
    return open_clip.CLIP(**ARCHITECTURE).eval()


@pytest.fixture
def features(model):
    """A function from a file of open_clip's names to features, by open_clip alone."""
    images, tokens = torch.rand(2, 3, 96, 48), torch.randint(1, WORDS, (2, 40))

    def encode(path):
        other = open_clip.CLIP(**ARCHITECTURE).eval()
        open_clip.load_checkpoint(other, str(path))
        with torch.no_grad():
            return torch.cat([other.encode_image(images), other.encode_text(tokens)])

    return encode


def test_a_file_of_the_field_becomes_one_that_open_clip_loads(
    run_tool, tmp_path, model, features, write_weights
):
    irra = write_weights('irra', model, tmp_path / 'irra')
    out = run_tool(TOOL, irra, tmp_path / 'converted.safetensors')
    assert '32 tensors of the image tower and 29 of the text tower' in out
    assert 'in the form of IRRA\nleft out: classifier, cross_attn' in out
    rounded = {key: x.float() for key, x in torch.load(irra)['model'].items()}
    state = {k.removeprefix('base_model.'): x for k, x in rounded.items() if 'base_model' in k}
    torch.save({**state, 'logit_scale': model.logit_scale.detach()}, tmp_path / 'reference.pt')
    converted = features(tmp_path / 'converted.safetensors')
    assert torch.equal(converted, features(tmp_path / 'reference.pt'))


def test_a_model_trained_here_goes_to_irras_form_and_back(run_tool, tmp_path, small_config):
    from mmengine.runner import Runner

    from cpcl_mm.apis import load_run_config

    config = small_config(extra=SMALL_VIT)
    Runner.from_cfg(load_run_config(config, str(tmp_path / 'run'))).train()
    checkpoint = tmp_path / 'run' / 'epoch_1.pth'
    run_tool(TOOL, checkpoint, tmp_path / 'peer.pth', '--form', 'irra')
    peer = torch.load(tmp_path / 'peer.pth')['model']
    trained = torch.load(checkpoint)['state_dict']
    assert all(key.startswith('base_model.') for key in peer)
    assert torch.equal(peer['base_model.visual.proj'], trained['image_backbone.tower.proj'])
    scores = []
    for given in ((checkpoint,), ('--weights', tmp_path / 'peer.pth')):
        out = tmp_path / 'scores.json'
        run_tool('test.py', config, *given, '--work-dir', tmp_path / 'test', '--out', out)
        scores.append(out.read_text())
    assert scores[0] == scores[1]


def test_what_has_no_such_form_is_refused(run_tool, exit_of_tool, tmp_path, small_checkpoint):
    code, _, err = exit_of_tool(TOOL, 'a.pth', tmp_path / 'a.pth')
    assert code == 2
    assert '--form open_clip is written as .safetensors' in err
    with pytest.raises(SystemExit, match="IRRA's form holds both towers of an OpenAI ViT"):
        run_tool(TOOL, small_checkpoint, tmp_path / 'a.pth', '--form', 'irra')
    neck = {'image_neck.fc.weight': torch.ones(1), 'visual.proj': torch.ones(1)}
    torch.save(neck, tmp_path / 'neck.pth')
    with pytest.raises(SystemExit, match='has a neck behind a tower'):
        run_tool(TOOL, tmp_path / 'neck.pth', tmp_path / 'a.safetensors')
    assert not (tmp_path / 'a.pth').exists()


def test_a_small_model_of_this_package_keeps_its_weights(run_tool, tmp_path, small_checkpoint):
    run_tool(TOOL, small_checkpoint, tmp_path / 'tiny.safetensors')
    converted = read_weights(tmp_path / 'tiny.safetensors')
    trained = torch.load(small_checkpoint)['state_dict']
    assert torch.equal(converted['text_projection'], trained['text_backbone.tower.text_projection'])
    assert len(converted) == 1 + sum('tower' in key for key in trained)
