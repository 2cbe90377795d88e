import pytest

from cpcl_mm.search.export.tokenizers import inline_tokenizer, locate_tokenizer, tokenizer_of


def steps(**tokenizer):
    """A pipeline whose tokenizer lies as deep as in a real one."""
    return [
        dict(type='OnImage', transforms=[dict(type='Resize', scale=(48, 96))]),
        dict(type='Wrapper', transforms=(dict(type='Tokenize', tokenizer=tokenizer),)),
    ]


def tokenizer_in(pipeline):
    return pipeline[1]['transforms'][0]['tokenizer']


def test_words_of_a_file_or_of_this_release_become_part_of_the_export(tmp_path):
    (tmp_path / 'words.txt').write_text('a man in red')
    before = steps(type='WordTokenizer', words=str(tmp_path / 'words.txt'), context_length=9)
    after = inline_tokenizer(before, tmp_path)
    assert tokenizer_in(after) == dict(
        type='WordTokenizer', words=['a', 'man', 'in', 'red'], context_length=9
    )
    assert after[0] == before[0]
    default = inline_tokenizer(steps(type='WordTokenizer'), tmp_path)
    assert 'jacket' in tokenizer_in(default)['words']


def test_byte_pairs_come_with_open_clip(tmp_path):
    before = steps(type='OpenCLIPTokenizer', architecture='ViT-B-32')
    assert inline_tokenizer(before, tmp_path) == before
    assert list(tmp_path.iterdir()) == []


def test_files_of_the_hub_go_with_the_export_wherever_it_lies(hub_files, tmp_path):
    before = steps(type='OpenCLIPTokenizer', architecture='ViT-B-16-SigLIP', local_files=hub_files)
    after = inline_tokenizer(before, tmp_path / 'export')
    assert tokenizer_in(after)['local_files'] == 'tokenizer'
    (tmp_path / 'export').rename(tmp_path / 'moved')
    found = tokenizer_of(locate_tokenizer(after, tmp_path / 'moved'))
    expected = tokenizer_of(before)
    assert found(['a man in red']).equal(expected(['a man in red']))
    assert found.folder == str(tmp_path / 'moved' / 'tokenizer')


def test_without_files_nothing_is_located(tmp_path):
    before = steps(type='WordTokenizer')
    assert locate_tokenizer(before, tmp_path) == before


def test_without_a_tokenizer_there_is_nothing_to_export():
    with pytest.raises(ValueError, match='name no tokenizer'):
        tokenizer_of([dict(type='Resize', scale=(48, 96))])
