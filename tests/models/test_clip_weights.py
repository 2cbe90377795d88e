import pickle

import pytest
import torch

from cpcl_mm.models import CLIPImageTower
from cpcl_mm.models.clip_weights import load_into, load_tower_weights


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


def test_the_settings_in_openai_checkpoints_are_ignored(tmp_path, vit, open_clip_model):
    state = open_clip_model(vit).state_dict()
    settings = {'input_resolution': 64, 'context_length': 16, 'vocab_size': 64}
    extra = {key: torch.tensor(value) for key, value in settings.items()}
    torch.save(state | extra, tmp_path / 'openai.pt')
    text = load_tower_weights(str(tmp_path / 'openai.pt'), vit, 'text')
    assert not text.keys() & settings.keys()


def test_a_training_checkpoint_with_module_prefix_is_read(tmp_path, vit, open_clip_model):
    model = open_clip_model(vit)
    state = {f'module.{key}': value for key, value in model.state_dict().items()}
    torch.save({'epoch': 3, 'state_dict': state}, tmp_path / 'epoch_3.pt')
    visual = load_tower_weights(str(tmp_path / 'epoch_3.pt'), vit, 'visual')
    assert torch.equal(visual['proj'], model.visual.proj)


def test_a_checkpoint_of_this_package_is_read(tmp_path, vit):
    tower = CLIPImageTower(vit)
    state = {f'image_backbone.{key}': value for key, value in tower.state_dict().items()}
    torch.save({'state_dict': state}, tmp_path / 'ours.pth')
    weights = load_tower_weights(str(tmp_path / 'ours.pth'), vit, 'visual')
    load_into(tower.tower, weights, 'ours.pth')


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
    torch.save({'fc.weight': torch.ones(2)}, tmp_path / 'other.pt')
    with pytest.raises(ValueError, match='no weights of a visual tower.*fc.weight'):
        load_tower_weights(str(tmp_path / 'other.pt'), vit, 'visual')


def test_weights_of_another_architecture_list_the_keys(vit, architecture):
    weights = CLIPImageTower(architecture('resnet')).tower.state_dict()
    with pytest.raises(ValueError, match=r'Missing keys: class_emb.*unexpected keys: attnpool'):
        load_into(CLIPImageTower(vit).tower, weights, 'resnet.pt')
    wider = dict(vit, embed_dim=32)
    with pytest.raises(ValueError, match=r'proj: \(32, 32\) in the file, \(32, 24\) in the model'):
        load_into(CLIPImageTower(vit).tower, CLIPImageTower(wider).tower.state_dict(), 'wide.pt')
