import json

import pytest

from cpcl_mm.models.tokenizers.hub_files import check_tokenizer_files


def test_files_that_transformers_wrote_are_data(hub_files, tmp_path):
    from pathlib import Path

    check_tokenizer_files(Path(hub_files))
    (tmp_path / 'tokenizer_config.json').write_text('{"tokenizer_class": "T5TokenizerFast"}')
    (tmp_path / 'config.json').write_text('{"model_type": "xlm-roberta"}')
    check_tokenizer_files(tmp_path)


@pytest.mark.parametrize('name', ['tokenizer_config.json', 'config.json'])
@pytest.mark.parametrize(
    ('content', 'says'),
    [
        (dict(auto_map={'AutoTokenizer': ['evil.Evil', None]}), 'brings code'),
        # transformers takes the attribute of that name, whatever it is.
        (dict(tokenizer_class='AutoModel'), "tokenizer_class 'AutoModel' is none of"),
        (dict(tokenizer_class=['BertTokenizer']), 'is none of'),
        (dict(model_type='rag'), "model_type 'rag' is none of"),
        (dict(model_type={}), 'is none of'),
        ([], 'is no JSON object'),
    ],
)
def test_code_and_other_classes_are_refused(tmp_path, name, content, says):
    (tmp_path / name).write_text(json.dumps(content))
    with pytest.raises(ValueError, match=f'{name}.*{says}'):
        check_tokenizer_files(tmp_path)


def test_a_file_that_is_no_json(tmp_path):
    (tmp_path / 'config.json').write_text('{')
    with pytest.raises(ValueError, match='config.json is no JSON'):
        check_tokenizer_files(tmp_path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match='there is no folder .*nowhere'):
        check_tokenizer_files(tmp_path / 'nowhere')
