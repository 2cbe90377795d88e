"""The built-in data set makes itself on first use."""

import pytest

from cpcl_mm.registry import DATASETS, TOKENIZERS

SETTINGS = dict(train_identities=3, val_identities=2, test_identities=2, images_per_identity=2)


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    return tmp_path_factory.mktemp('data') / 'SyntheticPedes'


@pytest.fixture(scope='module')
def build(root):
    def build(**arguments):
        config = dict(type='SyntheticPedes', data_root=str(root), settings=SETTINGS, **arguments)
        return DATASETS.build(config)

    return build


def test_the_data_are_made_on_first_use_only(build, root):
    assert len(build(split='train', view='images')) == 6
    written = {path: path.stat().st_mtime_ns for path in root.rglob('*') if path.is_file()}
    assert len(build(split='val', view='retrieval').images) == 4
    assert len(build(split='test', view='retrieval').images) == 4
    assert written == {path: path.stat().st_mtime_ns for path in written}


def test_no_identity_is_in_two_splits(build):
    identities = [set(build(split=split).identities.tolist()) for split in ('train', 'val', 'test')]
    assert [len(each) for each in identities] == [3, 2, 2]
    assert len(set.union(*identities)) == 7


def test_the_word_tokenizer_knows_and_holds_every_caption(build):
    tokenizer = TOKENIZERS.build(dict(type='WordTokenizer'))
    for caption, _ in build(split='train').captions:
        assert not (tokenizer(caption) == tokenizer.UNKNOWN).any()
        assert tokenizer(caption)[0, -1] in (tokenizer.PAD, tokenizer.end)


def test_misspelled_settings_are_refused(tmp_path):
    with pytest.raises(TypeError, match='identites'):
        DATASETS.build(
            dict(type='SyntheticPedes', data_root=str(tmp_path), settings=dict(identites=3))
        )
