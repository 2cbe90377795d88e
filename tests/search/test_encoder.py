import numpy as np
import PIL.Image
import pytest
import torch

from cpcl_mm.registry import DATASETS
from cpcl_mm.search.encoder import MAX_CHARACTERS, check_queries
from cpcl_mm.search.loading import load_encoder


@pytest.fixture(scope='module')
def encoder(small_checkpoint):
    return load_encoder(small_checkpoint, device='cpu')


@pytest.fixture(scope='module')
def dataset(pedes_root, encoder):
    return DATASETS.build(
        dict(
            type='ImageCaptionDataset',
            data_root=str(pedes_root),
            ann_file='data_captions.json',
            split='test',
            view='retrieval',
            pipeline=encoder.pipeline.transforms,
        )
    )


def by_the_test_loop(encoder, dataset, indices, modality):
    """Features as a test computes them, one item at a time."""
    features = []
    for index in indices:
        item = dataset[index]
        batch = {'inputs': {k: [v] for k, v in item['inputs'].items()}}
        sample = {**batch, 'data_samples': [item['data_samples']]}
        with torch.no_grad():
            (out,) = encoder.model.test_step(sample)
        features.append(out.feature.numpy())
    return np.stack(features)


def test_images_have_the_features_of_a_test(encoder, dataset):
    paths = [image.path for image in dataset.images]
    features = encoder.encode_images([encoder.prepare_image(path) for path in paths])
    expected = by_the_test_loop(encoder, dataset, range(len(paths)), 'image')
    np.testing.assert_allclose(features, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)


def test_sentences_have_the_features_of_a_test(encoder, dataset):
    texts = [caption for caption, _ in dataset.captions]
    indices = range(len(dataset.images), len(dataset))
    expected = by_the_test_loop(encoder, dataset, indices, 'text')
    np.testing.assert_allclose(encoder.encode_texts(texts), expected, atol=1e-5)


def test_a_file_an_array_and_a_pillow_image_are_the_same_image(encoder, dataset):
    path = dataset.images[0].path
    with PIL.Image.open(path) as image:
        images = [path, image.copy(), np.asarray(image)[..., ::-1]]
    one, *others = encoder.encode_images([encoder.prepare_image(image) for image in images])
    for other in others:
        np.testing.assert_allclose(other, one, atol=1e-5)


def test_the_end_of_a_long_sentence_is_not_read_and_the_user_is_told(encoder):
    long = 'a man in a red shirt ' * 10 + 'with a hat'
    with pytest.warns(UserWarning, match=r"40 tokens .* ignores the end .*'.*with a hat'"):
        feature = encoder.encode_texts([long])
    with pytest.warns(UserWarning, match='40 tokens'):
        np.testing.assert_array_equal(encoder.encode_texts([long + ' and gloves']), feature)


def test_unknown_words_are_named_and_a_text_without_a_known_one_is_called_so(encoder):
    with pytest.warns(UserWarning, match='words alike that it does not know: checkered, trilby$'):
        encoder.encode_texts(['a man in checkered, a red trilby, checkered'])
    with pytest.warns(UserWarning, match='knows no word of this text, .*: 红色上衣$'):
        encoder.encode_texts(['红色上衣'])


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize(
    'text', ['red', 'a red red shirt', ' '.join(['red'] * 38), 'a red shirt .', '- red', 'red !']
)
def test_a_sentence_that_just_fits_is_no_matter(encoder, text):
    encoder.encode_texts([text])


def test_an_empty_sentence_is_refused_before_the_tokenizer_speaks_of_annotations(encoder):
    with pytest.raises(ValueError, match='query 0 is empty .*describe a person'):
        encoder.encode_texts([' '])


def test_features_that_are_not_finite_name_the_checkpoint(small_checkpoint):
    encoder = load_encoder(small_checkpoint, device='cpu')
    with torch.no_grad():
        next(encoder.model.text_backbone.parameters()).fill_(torch.nan)
    with pytest.raises(ValueError, match=r'epoch_1.pth gives features that are NaN .*diverged'):
        encoder.encode_texts(['a man in red'])


def test_sentences_of_any_script_are_queries():
    check_queries(['a man in red', '穿红色外套的男人'])


@pytest.mark.parametrize(
    ('texts', 'says'),
    [
        ([], 'no query'),
        (['a man', ' ... '], r"query 1 holds no letter and no digit \(' ... '\)"),
        (
            ['👩🧥👖'],
            r"query 0 holds no letter and no digit \('👩🧥👖'\): describe a person in words",
        ),
        ([''], 'query 0 is empty'),
        (['caf\udce9'], r"query 0 is not UTF-8 \('caf\\udce9'\)"),
        (['x' * (MAX_CHARACTERS + 1)], r"query 0 has 2,001 characters, 'xxx.*less than 2,000"),
    ],
)
def test_what_nobody_can_search_for_is_named(texts, says):
    with pytest.raises(ValueError, match=says):
        check_queries(texts)


def test_a_query_is_a_string():
    with pytest.raises(TypeError, match='query 0 is 7'):
        check_queries([7])
