import open_clip
import pytest

from cpcl_mm.models.clip_architecture import get_architecture


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
