import json

import pytest

from cpcl_mm.search.export_manifest import (
    Manifest,
    hash_files,
    inline_tokenizer,
    locate_tokenizer,
    parse_pipeline,
    tokenizer_of,
)

PIPELINE = [dict(type='Resize', scale=(48, 96)), dict(type='Tokenize', tokenizer=dict(words=['a']))]


@pytest.fixture
def folder(tmp_path):
    """An export whose towers are a few bytes."""
    (tmp_path / 'tokenizer').mkdir()
    for name in ('image.onnx', 'text.onnx', 'tokenizer/vocab.txt'):
        (tmp_path / name).write_text(f'content of {name}')
    Manifest(
        fingerprint='c0105',
        checkpoint='epoch_20.pth',
        dimensions=3,
        image_size=[96, 48],
        channel_order='RGB',
        mean=[1.5, 2.0, 3.0],
        std=[1.0, 1.0, 1.0],
        context_length=40,
        vocab_size=5,
        max_difference=1e-7,
        scope='cpcl_mm',
        pipeline=repr(PIPELINE),
        files=hash_files(tmp_path),
    ).write(tmp_path)
    return tmp_path


def rewrite(folder, **changed):
    path = folder / 'export.json'
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def test_what_is_written_is_read(folder):
    manifest = Manifest.read(folder)
    assert manifest.fingerprint == 'c0105'
    assert manifest.mean == [1.5, 2.0, 3.0]
    assert manifest.transforms() == PIPELINE
    assert sorted(manifest.files) == ['image.onnx', 'text.onnx', 'tokenizer/vocab.txt']


@pytest.mark.parametrize('name', ['image.onnx', 'text.onnx', 'tokenizer/vocab.txt'])
@pytest.mark.parametrize(
    'damage',
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes().replace(b'c', b'C')),
    ],
)
def test_a_file_that_is_missing_truncated_or_changed_is_named(folder, name, damage):
    damage(folder / name)
    with pytest.raises(ValueError, match=f'{name} is missing, truncated or changed: make it again'):
        Manifest.read(folder)


def test_another_folder_is_no_export(tmp_path):
    with pytest.raises(ValueError, match=r'is no exported model: it has no export.json'):
        Manifest.read(tmp_path)


@pytest.mark.parametrize('content', ['', '{"format": ', '[]', '{}', '{"format": "another"}'])
def test_a_truncated_or_another_json_is_refused(folder, content):
    (folder / 'export.json').write_text(content)
    with pytest.raises(ValueError, match=r'export.json is no cpcl_mm onnx export of version 1, or'):
        Manifest.read(folder)


def test_another_version_is_refused(folder):
    rewrite(folder, version=2)
    with pytest.raises(ValueError, match='no cpcl_mm onnx export of version 1.*of version 2'):
        Manifest.read(folder)


@pytest.mark.parametrize(
    'changed',
    [
        dict(surprise=1),
        dict(files=['image.onnx']),
        dict(files=3),
        dict(files={'image.onnx': 3}),
        dict(mean=['a', 'b', 'c']),
        dict(std=[1.0]),
        dict(image_size=[1.5, 2]),
        dict(vocab_size=True),
        dict(scope=None),
    ],
)
def test_facts_that_do_not_fit_are_refused(folder, changed):
    rewrite(folder, **changed)
    with pytest.raises(ValueError, match=r'export.json is no .* or it is truncated or damaged'):
        Manifest.read(folder)


def test_a_name_that_leads_out_of_the_folder_is_not_looked_at(folder):
    rewrite(folder, files={'/dev/zero': 'a'})
    with pytest.raises(ValueError, match='/dev/zero is missing, truncated or changed'):
        Manifest.read(folder)


@pytest.mark.parametrize('text', ["__import__('os').getpid()", '[', 'dict(a=1)', '{}', '(' * 9999])
def test_transforms_are_data_and_never_executed(text):
    with pytest.raises(ValueError, match='test transforms are'):
        parse_pipeline(text)


def steps(**tokenizer):
    """A pipeline with a tokenizer, as in a config."""
    return [
        dict(type='OnImage', transforms=[dict(type='Resize', scale=(48, 96))]),
        dict(type='Tokenize', tokenizer=tokenizer),
    ]


def tokenizer_in(pipeline):
    return pipeline[1]['tokenizer']


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
