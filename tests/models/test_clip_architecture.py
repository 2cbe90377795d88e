"""Architectures are open_clip's and ours; normalization, sizes and tokenizers are open_clip's."""

import open_clip
import pytest
from open_clip.pretrained import get_pretrained_cfg

from cpcl_mm.models.clip_architecture import get_architecture, get_clip_settings

OPENAI = get_clip_settings('ViT-B-16-quickgelu', 'openai')


def test_a_name_of_open_clip_gives_its_config():
    assert get_architecture('ViT-B-16-quickgelu')['vision_cfg']['patch_size'] == 16


def test_a_slash_may_stand_where_open_clip_writes_a_hyphen():
    assert get_architecture('ViT-B/16') == get_architecture('ViT-B-16')


def test_our_own_architecture_is_known_to_open_clip():
    assert 'cpcl-tiny' in open_clip.list_models()


def test_changing_the_result_changes_nothing_else():
    get_architecture('cpcl-tiny')['embed_dim'] = 1
    assert get_architecture('cpcl-tiny')['embed_dim'] != 1


def test_a_misspelled_name_is_answered_with_near_ones():
    with pytest.raises(ValueError, match="'ViT-B16'.*ViT-B-16"):
        get_architecture('ViT-B16')


def test_a_config_without_a_tower_is_refused():
    with pytest.raises(ValueError, match='text_cfg'):
        get_architecture(dict(embed_dim=8, vision_cfg={}))


@pytest.mark.parametrize(('name', 'tag'), open_clip.list_pretrained())
def test_every_tag_has_the_settings_of_open_clips_tables(name, tag):
    settings, known = get_clip_settings(name, tag), get_pretrained_cfg(name, tag)
    assert settings.mean == pytest.approx([255 * value for value in known['mean']])
    assert settings.std == pytest.approx([255 * value for value in known['std']])
    assert settings.interpolation == known['interpolation']


def test_sizes_and_tokenizer_are_those_of_the_architecture():
    siglip = get_clip_settings('ViT-B-16-SigLIP-384', 'webli')
    assert (siglip.image_size, siglip.context_length) == ((384, 384), 64)
    assert siglip.tokenizer == 'timm/ViT-B-16-SigLIP'
    assert (OPENAI.image_size, OPENAI.context_length, OPENAI.tokenizer) == ((224, 224), 77, None)
    assert get_clip_settings('cpcl-tiny').image_size == (96, 48)


def test_weights_of_one_architecture_may_differ():
    laion = get_clip_settings('ViT-L/14', 'laion2b_s32b_b82k')
    assert laion.mean == (127.5, 127.5, 127.5)
    assert get_clip_settings('ViT-L/14', 'openai').mean == OPENAI.mean


def test_a_file_has_the_settings_of_the_first_tag_and_the_log_says_so(logged):
    assert get_clip_settings('PE-Core-B-16', '/weights/pe.pt').mean == (127.5, 127.5, 127.5)
    (message,) = logged
    assert "PE-Core-B-16 are those of the weights 'meta': '/weights/pe.pt' is none of" in message


def test_without_weights_or_with_a_known_tag_there_is_nothing_to_say(logged):
    get_clip_settings('PE-Core-B-16', 'meta')
    assert get_clip_settings('PE-Core-B-16') == get_clip_settings('PE-Core-B-16', 'meta')
    assert logged == []


def test_what_open_clip_has_no_weights_of_is_taken_for_openais(logged, architecture):
    assert get_clip_settings(architecture('vit'), 'mine.pt').mean == OPENAI.mean
    assert "are those of OpenAI's CLIP: 'mine.pt' is none of its tags []" in logged[0]
    assert get_clip_settings(architecture('vit')).image_size == (64, 64)


def test_an_unknown_architecture_is_answered_with_near_names():
    with pytest.raises(ValueError, match="'ViT-B-16-Siglip'.*'ViT-B-16-SigLIP'"):
        get_clip_settings('ViT-B-16-Siglip', 'webli')
