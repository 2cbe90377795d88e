"""The tokenizer of each architecture, without a download that nobody asked for."""

import builtins
import pickle
import socket

import open_clip
import pytest
import torch

from cpcl_mm.models.tokenizers import OpenCLIPTokenizer
from cpcl_mm.registry import TOKENIZERS

START, END = 49406, 49407
SIGLIP = 'ViT-B-16-SigLIP'


@pytest.fixture(scope='module')
def clip():
    return TOKENIZERS.build(dict(type='OpenCLIPTokenizer'))


@pytest.fixture
def connections(monkeypatch, tmp_path):
    """Refuse every connection, list them all, and hide whatever the hub's cache holds."""
    attempts = []

    def refuse(*args, **kwargs):
        attempts.append(args)
        raise ConnectionError('no network')

    monkeypatch.setattr(socket, 'create_connection', refuse)
    monkeypatch.setattr(socket, 'getaddrinfo', refuse)
    monkeypatch.setattr(socket.socket, 'connect', refuse)
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path))
    return attempts


def test_clip_tokens_are_those_of_open_clip(clip):
    captions = ['A man in red.', 'woman with a 女 sign & an émail bag', 'x' * 500]
    expected = open_clip.get_tokenizer('ViT-B-16-quickgelu')(captions)
    assert torch.equal(clip(captions), expected)
    assert expected.shape == (3, 77)
    assert expected.dtype == torch.int64


def test_one_caption_is_a_row(clip):
    assert torch.equal(clip('a man'), clip(['a man']))


def test_over_long_captions_are_cut_and_keep_their_end(clip):
    tokens = clip(['man ' * 75, 'man ' * 76, 'man ' * 300])
    assert tokens[:, 0].tolist() == [START] * 3
    assert tokens[:, -1].tolist() == [END] * 3
    assert torch.equal(tokens[0], tokens[2])


def test_the_context_is_the_architectures_own_unless_given():
    assert OpenCLIPTokenizer(context_length=20)('man ' * 30)[0, -1] == END
    assert OpenCLIPTokenizer(context_length=20)('a man').shape == (1, 20)
    text = dict(context_length=16, vocab_size=49408, width=32, heads=2, layers=1)
    config = dict(embed_dim=8, vision_cfg=dict(image_size=32), text_cfg=text)
    assert OpenCLIPTokenizer(config)('a man').shape == (1, 16)


def test_the_size_of_the_vocabulary(clip, hub_files):
    assert clip.vocab_size == END + 1
    assert OpenCLIPTokenizer(SIGLIP, local_files=hub_files).vocab_size == 6


def test_clips_mask_is_its_rarest_byte_pair(clip):
    assert clip.special_ids == (0, START, END)
    assert open_clip.decode(torch.tensor([clip.mask_id])).strip() == 'jekyll'
    # The text tower takes its feature where the id is highest.
    assert clip.mask_id == START - 1 < END


def test_the_mask_of_a_hub_tokenizer_is_its_own_or_the_unknown_token(hub_files):
    tokenizer = OpenCLIPTokenizer(SIGLIP, local_files=hub_files)
    assert set(tokenizer.special_ids) == {0, 1, 2}
    assert tokenizer.mask_id == 1
    tokenizer._tokenizer.tokenizer.add_special_tokens({'mask_token': '<mask>'})
    assert tokenizer.mask_id == 6
    assert tokenizer.mask_id in tokenizer.special_ids


def test_an_empty_caption_is_refused(clip):
    with pytest.raises(ValueError, match='caption 0 of 1 is empty'):
        clip('')


def test_an_unknown_architecture_is_answered_with_near_names():
    with pytest.raises(ValueError, match="'ViT-B-16-quickgel'.*ViT-B-16-quickgelu"):
        OpenCLIPTokenizer('ViT-B-16-quickgel')


def test_worker_processes_get_an_equal_one(clip, hub_files):
    for tokenizer in (clip, OpenCLIPTokenizer(SIGLIP, local_files=hub_files)):
        copied = pickle.loads(pickle.dumps(tokenizer))
        assert torch.equal(copied('a red man'), tokenizer('a red man'))


def test_hub_tokenizers_come_from_local_files(hub_files, connections):
    tokenizer = OpenCLIPTokenizer(SIGLIP, local_files=hub_files)
    # SigLIP's context is 64, and its cleaning drops case and punctuation.
    tokens = tokenizer('A man; RED!')
    assert tokens.shape == (1, 64)
    assert tokens[0, :5].tolist() == [3, 4, 5, 2, 0]
    assert connections == []


def test_hub_tokenizers_cut_over_long_captions_and_keep_their_end(hub_files):
    tokenizer = OpenCLIPTokenizer(SIGLIP, context_length=8, local_files=hub_files)
    assert tokenizer('man ' * 30).tolist() == [[4] * 7 + [2]]


def test_nothing_is_downloaded_unasked(connections):
    with pytest.raises(OSError) as error:
        OpenCLIPTokenizer(SIGLIP)
    assert "tokenizer 'timm/ViT-B-16-SigLIP' of the Hugging Face hub is not on this machine" in str(
        error.value
    )
    assert 'local_files=...' in str(error.value)
    assert 'download=True' in str(error.value)
    assert connections == []


def test_the_hub_is_asked_when_told_to(connections):
    with pytest.raises(OSError, match='is not on this machine'):
        OpenCLIPTokenizer(SIGLIP, download=True)
    assert connections


def test_wrong_local_files_are_named(tmp_path, connections):
    with pytest.raises(OSError, match=f'{tmp_path} holds no tokenizer that transformers'):
        OpenCLIPTokenizer(SIGLIP, local_files=str(tmp_path), download=True)
    assert connections == []


def test_missing_transformers_are_named(monkeypatch, hub_files):
    real_import = builtins.__import__

    def without_transformers(name, *args, **kwargs):
        if name == 'transformers':
            raise ImportError('No module named transformers')
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, '__import__', without_transformers)
    with pytest.raises(ImportError, match='needs the package transformers: pip install'):
        OpenCLIPTokenizer(SIGLIP, local_files=hub_files)
