import pytest
from mmengine.config import Config

from cpcl_mm.apis.config_check import check_types


def test_types_of_all_packages_pass():
    check_types(
        Config(
            dict(
                model=dict(type='TextToImageRetriever', head=dict(type='MatchingHead')),
                hooks=[dict(type='EMAHook'), dict(type='cpcl_mm.RankedSheetHook')],
                optim_wrapper=dict(type='OptimWrapper', optimizer=dict(type='AdamW')),
                tokenizer=dict(type='WordTokenizer'),
                loop=dict(type='EpochBasedTrainLoop'),
                profiler=dict(type='ProfilerHook', on_trace_ready=dict(type='log_trace')),
            )
        )
    )


def test_classes_in_the_place_of_names_are_left_alone():
    check_types(Config(dict(model=dict(type=dict))))


def test_a_misspelled_type_is_named_with_its_place_and_what_was_meant(tmp_path):
    (tmp_path / 'typo.py').write_text(
        "model = dict(type='A', parts=[dict(type='CLIPImageTowr')])".replace(
            "'A'", "'CLIPTextTower'"
        )
    )
    cfg = Config.fromfile(tmp_path / 'typo.py')
    message = r"typo.py: model.parts\[0\].type = 'CLIPImageTowr'.*did you mean CLIPImageTower"
    with pytest.raises(ValueError, match=message):
        check_types(cfg)


def test_a_type_like_no_other_gets_the_other_remedy():
    with pytest.raises(ValueError, match='custom_imports'):
        check_types(Config(dict(model=dict(type='Xyzzy123'))))
