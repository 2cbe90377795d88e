"""Chinese and Vietnamese captions, from the annotation file to the page."""

import json
from pathlib import Path

import open_clip
import pytest
import tokenizers
from mmengine.runner import Runner
from PIL import Image
from starlette.testclient import TestClient
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from cpcl_mm.apis import load_run_config
from cpcl_mm.registry import TOKENIZERS
from cpcl_mm.search import PersonSearcher, draw_results
from cpcl_mm.search.web import SearchSection, build_app

ARCHITECTURE = 'ViT-B-16-SigLIP2'
BASE = Path(__file__).parents[1] / 'configs/cpcl/cpcl_prw_tps_cn.py'
ENGLISH = ('red', 'green', 'blue', 'yellow', 'purple', 'white', 'black')
LANGUAGES = {
    'Chinese': ('红绿蓝黄紫白黑', '一个穿着{}色上衣和{}色裤子的人，正在向前走。'),
    'Vietnamese': (
        ('đỏ', 'xanh lá', 'xanh dương', 'vàng', 'tím', 'trắng', 'đen'),
        'Một người mặc áo màu {} và quần màu {}, đang đi về phía trước.',
    ),
}


@pytest.fixture(scope='module', params=LANGUAGES)
def language(request):
    """The name of each language in turn."""
    return request.param


@pytest.fixture(scope='module')
def translate(language):
    """A function that says in this language what a person of ``make_pedes`` wears."""
    colors, sentence = LANGUAGES[language]
    words = dict(zip(ENGLISH, colors, strict=True))

    def make(caption):
        first, second = (words[word] for word in caption.split() if word in words)
        trousers_first = caption.index('trousers') < caption.index('shirt')
        return sentence.format(*((second, first) if trousers_first else (first, second)))

    return make


@pytest.fixture(scope='module')
def root(make_pedes, translate, tmp_path_factory):
    """A small PRW-TPS-CN whose captions are of this language."""
    root = make_pedes(tmp_path_factory.mktemp('language'), dict(train=6, test=4))
    file = root / 'data_captions.json'
    records = [
        dict(
            id=record['id'],
            split=record['split'],
            file_path=record['img_path'],
            captions=[translate(caption) for caption in record['captions']],
        )
        for record in json.loads(file.read_text())
    ]
    file.unlink()
    text = json.dumps(records, ensure_ascii=False)
    (root / 'prw_cn_caption_crops.json').write_text(text, encoding='utf-8')
    return root


@pytest.fixture(scope='module')
def hub_folder(root, tmp_path_factory):
    """A tokenizer of SigLIP 2's kind, byte pairs with bytes for what they lack, in hub files."""
    records = json.loads((root / 'prw_cn_caption_crops.json').read_text(encoding='utf-8'))
    pairs = tokenizers.Tokenizer(models.BPE(unk_token='<unk>', byte_fallback=True))
    pairs.normalizer = normalizers.Replace(' ', '▁')
    pairs.pre_tokenizer = pre_tokenizers.Split(' ', 'merged_with_previous')
    pairs.decoder = decoders.Sequence([decoders.Replace('▁', ' '), decoders.ByteFallback()])
    special = ['<pad>', '<eos>', '<bos>', '<unk>', '<mask>']
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=[*special, *(f'<0x{byte:02X}>' for byte in range(256))]
    )
    pairs.train_from_iterator((text.lower() for x in records for text in x['captions']), trainer)
    pairs.post_processor = processors.TemplateProcessing(
        single='$A <eos>', special_tokens=[('<eos>', 1)]
    )
    names = {name.strip('<>'): name for name in special}
    folder = tmp_path_factory.mktemp('tokenizer')
    PreTrainedTokenizerFast(
        tokenizer_object=pairs, **{f'{name}_token': token for name, token in names.items()}
    ).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope='module')
def small_siglip2(shrink):
    """Few and narrow layers, and a small vocabulary, behind the name of SigLIP 2."""
    config = shrink(ARCHITECTURE)
    config['text_cfg']['vocab_size'] = 512
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(open_clip.factory._MODEL_CONFIGS, ARCHITECTURE, config)
        yield


@pytest.fixture(scope='module')
def run(language, root, hub_folder, small_siglip2, tmp_path_factory):
    """Work directory and config of a training of one epoch, tested at its end."""
    work_dir = tmp_path_factory.mktemp('run')
    config = work_dir / 'config.py'
    config.write_text(
        f'_base_ = [{str(BASE)!r}]\n'
        'from cpcl_mm.apis import use_clip\n'
        f'globals().update(use_clip(_base_, {ARCHITECTURE!r}, tokenizer_files={hub_folder!r}))\n'
        f"experiment_name = 'other_language_{language}'\n"
    )
    hook = 'default_hooks.pseudo_labels'
    options = {f'{hook}.num_workers': 0, 'train_cfg.max_epochs': 1}
    options |= {f'{part}_dataloader.num_workers': 0 for part in ('train', 'test')}
    options['train_dataloader.batch_size'] = 4
    for modality in ('image', 'text'):
        options |= {f'{hook}.labeller.{modality}.{key}': 3 for key in ('k1', 'k2')}
    cfg = load_run_config(str(config), str(work_dir), options, data_root=str(root))
    Runner.from_cfg(cfg).train()
    return work_dir, cfg


@pytest.fixture(scope='module')
def searcher(run, root):
    """The trained model, with the images indexed."""
    searcher = PersonSearcher(run[0] / 'epoch_1.pth', device='cpu')
    assert searcher.index(root / 'imgs').encoded == 20
    return searcher


@pytest.fixture
def sentence(translate):
    """What nobody in the data wears, in this language."""
    return translate('a person in a white shirt and white trousers')


def test_no_word_is_unknown_and_the_colors_are_told_apart(run, translate):
    tokenizer = TOKENIZERS.build(run[1].tokenizer)
    captions = [translate(f'a {x} shirt and {y} trousers') for x in ENGLISH for y in ENGLISH]
    tokens = tokenizer(captions)
    assert len(tokens.unique(dim=0)) == len(captions)
    assert tokens.shape[1] == tokenizer.context_length == 64
    assert not (tokens == 3).any()


def test_an_epoch_is_trained_and_scored_and_its_results_are_drawn(run):
    scores = json.loads((run[0] / 'test_scores.json').read_text())
    assert 0 < scores['t2i/mAP'] <= 100
    assert list((run[0] / 'pseudo_labels').glob('*.npz'))
    (sheet,) = run[0].rglob('ranked_results.png')
    assert Image.open(sheet).width > 600


def test_a_sentence_finds_images_and_another_one_others(searcher, sentence, translate):
    found = searcher.search([sentence, translate('a red shirt and black trousers')], topk=20)
    assert [len(results) for results in found] == [20, 20]
    scores = [{result.path: result.score for result in results} for results in found]
    assert scores[0] != scores[1]
    assert draw_results([sentence], found[:1]).width > 600


def test_the_gallery_is_kept_and_the_page_answers(searcher, sentence, tmp_path):
    searcher.save(tmp_path / 'gallery.npz')
    section = SearchSection(searcher, examples=[sentence])
    client = TestClient(build_app([section]), base_url='http://localhost')
    start = client.get('/').text
    assert sentence in start
    answer = client.get('/', params=dict(text=sentence, topk=3))
    assert answer.status_code == 200
    assert f'value="{sentence}"' in answer.text
    best = searcher.search(sentence, topk=3)[0].path
    assert f'alt="Rank 1: imgs/{Path(best).name}"' in answer.text
