import pickle

import pytest
import torch

from cpcl_mm.models import CLIPImageTower, CLIPTextTower
from cpcl_mm.models.clip_weights import load_into, load_tower_weights, locate_weights


@pytest.fixture
def vit(architecture):
    return architecture('vit')


def test_open_clip_naming_is_split_by_tower(tmp_path, vit, open_clip_model):
    model = open_clip_model(vit)
    torch.save(model.state_dict(), tmp_path / 'clip.pt')
    visual = load_tower_weights(str(tmp_path / 'clip.pt'), vit, 'visual')
    text = load_tower_weights(str(tmp_path / 'clip.pt'), vit, 'text')
    assert torch.equal(visual['proj'], model.visual.proj)
    assert torch.equal(text['token_embedding.weight'], model.token_embedding.weight)
    assert 'logit_scale' not in text | visual


@pytest.mark.filterwarnings('ignore::FutureWarning', 'ignore::DeprecationWarning')
def test_features_of_every_form_equal_those_of_open_clips(
    tmp_path, vit, open_clip_model, form, write_weights, as_kept
):
    # As the peers' checkpoints are: positions of an upright grid, of 6 x 2 patches here.
    model = open_clip_model(vit, image_size=(96, 32))
    path = write_weights(form, model, tmp_path / 'weights')
    torch.save(as_kept(form, model.state_dict()), tmp_path / 'reference.pt')
    pixels, tokens = torch.rand(2, 3, 64, 32), torch.randint(1, 64, (2, 16))
    for make, x in (
        (lambda **kind: CLIPImageTower(vit, (64, 32), 'bilinear', **kind), pixels),
        (lambda **kind: CLIPTextTower(vit, **kind), tokens),
    ):
        features = []
        for source in (path, tmp_path / 'reference.pt'):
            tower = make(pretrained=str(source)).eval()
            tower.init_weights()
            assert {p.dtype for p in tower.parameters()} == {torch.float32}
            with torch.no_grad():
                features.append(tower(x)[0])
        assert torch.equal(*features)


def test_the_log_says_what_went_where_and_names_dropped_heads_once(
    tmp_path, vit, open_clip_model, write_weights, logged
):
    path = write_weights('irra', open_clip_model(vit), tmp_path / 'irra')
    for tower in ('visual', 'text'):
        load_tower_weights(str(path), vit, tower)
    heads, visual, text = logged
    assert 'left out: classifier, cross_attn, cross_modal_transformer, ln_pre_t, ln_pre_i' in heads
    assert '(7 tensors)' in heads
    assert visual == f'44 tensors of {path}, in the form of IRRA, go into the image tower.'
    assert text == f'29 tensors of {path}, in the form of IRRA, go into the text tower.'


@pytest.mark.parametrize(
    ('name', 'function', 'arguments'),
    [
        ('hf-hub:user/model', 'download_pretrained_from_hf', ('user/model', None)),
        ('hf-hub:user/model@v2', 'download_pretrained_from_hf', ('user/model', 'v2')),
        ('hf://user/model/a/b.pth', 'hf_hub_download', ('user/model', 'a/b.pth', None, None)),
        ('hf://user/model@v2/b.pth', 'hf_hub_download', ('user/model', 'b.pth', None, 'v2')),
        (
            'hf://datasets/TwT-6/MLLM4Text-ReID/best0.pth',
            'hf_hub_download',
            ('TwT-6/MLLM4Text-ReID', 'best0.pth', 'dataset', None),
        ),
    ],
)
def test_names_of_the_hugging_face_hub(
    tmp_path, vit, open_clip_model, monkeypatch, name, function, arguments
):
    asked = []

    def download(*args, **options):
        asked.append((*args, *options.values()))
        return str(tmp_path / 'clip.pt')

    monkeypatch.setattr(f'cpcl_mm.models.clip_weights.{function}', download)
    torch.save(open_clip_model(vit).state_dict(), tmp_path / 'clip.pt')
    assert 'proj' in load_tower_weights(name, vit, 'visual')
    assert asked == [arguments]


def test_a_file_of_the_package_is_named_from_its_root(monkeypatch, tmp_path):
    (tmp_path / 'weights').mkdir()
    (tmp_path / 'weights' / 'a.pt').touch()
    monkeypatch.setattr('cpcl_mm.models.clip_weights._ROOT', tmp_path / 'weights')
    assert locate_weights('cpcl_mm::a.pt', 'RN50').name == 'a.pt'
    (tmp_path / 'secret.pt').touch()
    for outside in ('b.pt', '../secret.pt', '/etc/hosts'):
        with pytest.raises(FileNotFoundError, match='cpcl_mm has no such file'):
            locate_weights(f'cpcl_mm::{outside}', 'RN50')


def test_neither_a_file_nor_a_tag():
    with pytest.raises(FileNotFoundError, match="'opnai' is neither a file nor.*'openai'"):
        load_tower_weights('opnai', 'ViT-B-16-quickgelu', 'visual')


def test_a_failed_download_says_how_to_give_a_file(monkeypatch):
    def no_network(*_, **__):
        raise OSError('no route to host')

    monkeypatch.setattr('cpcl_mm.models.clip_weights.download_pretrained', no_network)
    with pytest.raises(ConnectionError, match='pretrained="/path/to/file", or --weights /path'):
        load_tower_weights('openai', 'ViT-B-16-quickgelu', 'visual')


def test_weights_trained_with_quick_gelu_are_refused_for_gelu():
    with pytest.raises(
        ValueError, match="'openai' were.*'ViT-L-14' has GELU.*'ViT-L-14-quickgelu'"
    ):
        load_tower_weights('openai', 'ViT-L/14', 'visual')


class Payload:
    def __reduce__(self):
        return (exec, ('raise SystemExit("code from a checkpoint was executed")',))


def test_code_in_a_checkpoint_is_not_executed(tmp_path, vit):
    (tmp_path / 'evil.pt').write_bytes(pickle.dumps({'state_dict': Payload()}))
    with pytest.raises(ValueError, match='evil.pt (cannot be read as weights|holds)') as caught:
        load_tower_weights(str(tmp_path / 'evil.pt'), vit, 'visual')
    # Nor is it recommended, as PyTorch does.
    assert 'weights_only' not in str(caught.value)


def test_a_file_without_tensors_and_one_without_the_tower(tmp_path, vit):
    torch.save({'epoch': 3}, tmp_path / 'log.pt')
    with pytest.raises(ValueError, match='is not a state dict'):
        load_tower_weights(str(tmp_path / 'log.pt'), vit, 'visual')
    torch.save({'visual.proj': torch.ones(2)}, tmp_path / 'half.pt')
    with pytest.raises(ValueError, match='no weights of a text tower.*proj'):
        load_tower_weights(str(tmp_path / 'half.pt'), vit, 'text')


def test_weights_of_another_architecture_list_the_keys(vit, architecture):
    weights = CLIPImageTower(architecture('resnet')).tower.state_dict()
    with pytest.raises(ValueError, match=r'Missing keys: class_emb.*unexpected keys: attnpool'):
        load_into(CLIPImageTower(vit).tower, weights, 'resnet.pt')
    wider = dict(vit, embed_dim=32)
    with pytest.raises(ValueError, match=r'proj: \(32, 32\) in the file, \(32, 24\) in the model'):
        load_into(CLIPImageTower(vit).tower, CLIPImageTower(wider).tower.state_dict(), 'wide.pt')
