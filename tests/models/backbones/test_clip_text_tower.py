import pytest
import torch

from cpcl_mm.models import CLIPTextTower
from cpcl_mm.models.backbones.clip_text_tower import stretch_positions


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


class TestPositions:
    """Of 77 rows, as CLIP's weights have them."""

    SOURCE = torch.randn(77, 4, generator=torch.Generator().manual_seed(0))

    def test_stretched_to_248_behind_the_first_20_they_are_long_clips(self):
        rows = [self.SOURCE[i] for i in range(20)]
        for i in range(20, 77):
            # The last step goes on in the direction of the one before.
            first, second = (i, i + 1) if i < 76 else (75, 76)
            step = self.SOURCE[second] - self.SOURCE[first]
            rows += [self.SOURCE[i] + quarter / 4 * step for quarter in range(4)]
        stretched = stretch_positions(self.SOURCE, 248, kept=20)
        assert torch.allclose(stretched, torch.stack(rows), atol=1e-6)

    def test_twice_as_many_have_the_means_of_neighbors_between_them(self):
        stretched = stretch_positions(self.SOURCE, 154)
        assert torch.equal(stretched[::2], self.SOURCE)
        means = (self.SOURCE[1:] + self.SOURCE[:-1]) / 2
        assert torch.allclose(stretched[1:-1:2], means, atol=1e-6)

    @pytest.mark.parametrize('length', [20, 77])
    def test_the_first_ones_are_taken_where_there_are_enough(self, length):
        assert torch.equal(stretch_positions(self.SOURCE, length, kept=20), self.SOURCE[:length])

    @pytest.mark.parametrize('kept', [-1, 76])
    def test_too_many_cannot_be_kept(self, kept):
        with pytest.raises(ValueError, match=rf'kept_positions={kept}: of 77 .* 0 to 75'):
            stretch_positions(self.SOURCE, 168, kept=kept)


@pytest.fixture
def file_of(architecture, open_clip_model, tmp_path):
    """A function: an open_clip model of captions of a length, and the file of its weights."""

    def make(length):
        config = architecture('vit')
        config['text_cfg'] = {**config['text_cfg'], 'context_length': length}
        model = open_clip_model(config)
        torch.save(model.state_dict(), tmp_path / f'{length}.pt')
        return model, str(tmp_path / f'{length}.pt')

    return make


def test_weights_of_77_positions_read_longer_captions(architecture, file_of):
    model, path = file_of(77)
    tower = CLIPTextTower(
        architecture('vit'), context_length=168, kept_positions=20, pretrained=path
    ).eval()
    tower.init_weights()
    assert tower.context_length == 168
    expected = stretch_positions(model.positional_embedding, 168, kept=20)
    assert torch.equal(tower.tower.positional_embedding, expected)
    # What stands at the first positions means what it meant.
    short = captions(length=77)
    long = torch.cat([short, torch.zeros(2, 91, dtype=torch.long)], dim=1)
    with torch.no_grad():
        assert torch.allclose(tower(long)[0], model.encode_text(short), atol=1e-5)
        # And a word behind the 77th counts.
        long[:, 5], long[:, 9], long[:, 150] = 1, 1, 63
        long[1] = long[0]
        long[1, 100] = 7
        first, second = tower(long)[0]
    assert not torch.allclose(first, second)


@pytest.mark.parametrize('length', [168, 248])
def test_a_file_that_is_as_long_is_taken_as_it_is(architecture, file_of, logged, length):
    model, path = file_of(length)
    tower = CLIPTextTower(
        architecture('vit'), context_length=length, kept_positions=20, pretrained=path
    ).eval()
    tower.init_weights()
    tokens = captions(length=length)
    with torch.no_grad():
        assert torch.allclose(tower(tokens)[0], model.encode_text(tokens), atol=1e-5)
    assert not [line for line in logged if 'positions of words' in line]


def test_a_longer_file_is_recognized_and_the_log_names_the_setting(architecture, file_of, logged):
    model, path = file_of(248)
    tower = CLIPTextTower(architecture('vit'), pretrained=path)
    tower.init_weights()
    assert torch.equal(tower.tower.positional_embedding, model.positional_embedding[:16])
    assert (
        f'{path} has 248 positions of words: the first 16 are taken, all by context_length=248'
        in (' '.join(logged))
    )


def test_a_tower_of_the_hub_has_a_length_of_its_own():
    with pytest.raises(ValueError, match='context_length=128: the text tower is xlm-roberta-base'):
        CLIPTextTower('xlm-roberta-base-ViT-B-32', context_length=128)
