import torch

from cpcl_mm.models import CLIPTextTower


def captions(vocab_size=64, length=16):
    tokens = torch.randint(
        1, vocab_size - 1, (2, length), generator=torch.Generator().manual_seed(0)
    )
    tokens[0, 5] = tokens[1, 9] = vocab_size - 1  # end of text, the highest id
    tokens[0, 6:] = tokens[1, 10:] = 0
    return tokens


def test_features_equal_open_clips(tmp_path, family, architecture, open_clip_model):
    config = architecture(family)
    model = open_clip_model(config)
    torch.save(model.state_dict(), tmp_path / 'clip.pt')
    tower = CLIPTextTower(config, pretrained=str(tmp_path / 'clip.pt')).eval()
    tower.init_weights()
    tokens = captions(length=tower.context_length)
    with torch.no_grad():
        difference = tower(tokens)[0] - model.encode_text(tokens)
    assert difference.abs().max() <= 1e-5


def test_every_parameter_gets_a_gradient(family, architecture):
    tower = CLIPTextTower(architecture(family))
    tower(captions(length=tower.context_length))[0].sum().backward()
    assert [name for name, p in tower.named_parameters() if p.grad is None] == []


def test_gradient_checkpointing_changes_no_gradient(architecture):
    gradients = []
    for with_cp in (False, True):
        torch.manual_seed(0)
        tower = CLIPTextTower(architecture('vit'), with_cp=with_cp).train()
        tower(captions())[0].square().sum().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in tower.parameters()]))
    assert torch.allclose(*gradients, atol=1e-6)


def test_what_the_tokenizer_must_know(architecture):
    tower = CLIPTextTower(architecture('vit'))
    assert (tower.context_length, tower.vocab_size) == (16, 64)
